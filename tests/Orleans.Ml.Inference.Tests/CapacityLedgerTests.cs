using CsCheck;

namespace Orleans.Ml.Inference.Tests;

public sealed class CapacityLedgerTests
{
    private readonly CapacityLedger _ledger = new(new(4, 100));

    [Theory]
    [InlineData(5, 1)]
    [InlineData(1, 101)]
    [InlineData(1, long.MaxValue)]
    public void GivesNothing_WhenOneOfBothDoesNotFit(long processors, long memoryBytes)
    {
        Assert.False(_ledger.TryHold(new object(), new(processors, memoryBytes)));
        Assert.Equal(default, _ledger.Used);
    }

    [Fact]
    public void GivesTheLastRoom()
    {
        Assert.True(_ledger.TryHold(new object(), new(3, 60)));
        Assert.True(_ledger.TryHold(new object(), new(1, 40)));
        Assert.Equal(default, _ledger.Free);
    }

    [Fact]
    public void CountsOnlyTheDifference_WhenAHolderGrowsOrShrinks()
    {
        var holder = new object();
        _ledger.TryHold(holder, new(3, 60));

        Assert.True(_ledger.TryHold(holder, new(4, 100)));
        Assert.True(_ledger.TryHold(holder, new(1, 10)));

        Assert.Equal(new(1, 10), _ledger.Used);
    }

    [Fact]
    public void KeepsWhatIsHeld_WhenGrowthDoesNotFit()
    {
        var holder = new object();
        _ledger.TryHold(holder, new(3, 60));

        Assert.False(_ledger.TryHold(holder, new(5, 60)));

        Assert.Equal(new(3, 60), _ledger.Used);
    }

    [Fact]
    public void GivesBackOnce_WhenReleasedTwice()
    {
        var holder = new object();
        _ledger.TryHold(holder, new(3, 60));
        _ledger.TryHold(new object(), new(1, 40));

        _ledger.Release(holder);
        _ledger.Release(holder);

        Assert.Equal(new(1, 40), _ledger.Used);
    }

    [Fact]
    public void IsNeverBeyondCapacityAndEndsAtZero_WhateverIsAsked()
    {
        var step = Gen.Select(Gen.Int[0, 4], Gen.Long[0, 6], Gen.Long[0, 120]);

        step.Array[0, 60].Sample(steps =>
        {
            var ledger = new CapacityLedger(new(4, 100));
            var holders = Enumerable.Range(0, 5).Select(_ => new object()).ToArray();
            foreach (var (holder, processors, memoryBytes) in steps)
            {
                if (processors == 0)
                    ledger.Release(holders[holder]);
                else
                    ledger.TryHold(holders[holder], new(processors, memoryBytes));
                if (ledger.Used is not { Processors: >= 0 and <= 4, MemoryBytes: >= 0 and <= 100 })
                    return false;
            }

            foreach (var holder in holders)
                ledger.Release(holder);
            return ledger.Used == default;
        });
    }
}
