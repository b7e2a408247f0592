using Orleans.Ml.Inference.Workers;
using Orleans.Ml.Nlp;

namespace Orleans.Ml.Inference.Tests.Workers;

public sealed class QuarantineTests
{
    [Fact]
    public void RefusesAnInput_AfterTwoCrashes_ButNotAfterOne()
    {
        var quarantine = new Quarantine();

        quarantine.OnCrash([Input(1, 2)]);
        Assert.False(quarantine.Refuses(Input(1, 2)));

        quarantine.OnCrash([Input(1, 2), Input(3, 4)]);
        Assert.True(quarantine.Refuses(Input(1, 2)));
        Assert.False(quarantine.Refuses(Input(3, 4)));
    }

    [Fact]
    public void CountsACrashOnce_ThoughTheInputWasInFlightTwice()
    {
        var quarantine = new Quarantine();

        quarantine.OnCrash([Input(1, 2), Input(1, 2)]);

        Assert.False(quarantine.Refuses(Input(1, 2)));
    }

    [Fact]
    public void TellsShapesApart()
    {
        var quarantine = new Quarantine();
        quarantine.OnCrash([new ModelInput(2, 3, 1)]);
        quarantine.OnCrash([new ModelInput(2, 3, 1)]);

        Assert.True(quarantine.Refuses(new ModelInput(2, 3, 1)));
        Assert.False(quarantine.Refuses(new ModelInput(3, 2, 1)));
    }

    private static ModelInput Input(params long[] tokens)
    {
        var input = new ModelInput(1, tokens.Length, 1);
        tokens.CopyTo(input.Values, 0);
        return input;
    }
}
