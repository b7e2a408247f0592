using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Ml.Storage.Azure;
using Orleans.Ml.Testing;

namespace Orleans.Ml.Storage.Tests.Azure;

public sealed class ModelCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SteppingTime _time = new();
    private int _downloads;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Objects => _folder.Combine("objects");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AsksTheStoreOnce_WhenAFileIsReadAgain_AlsoAfterARestart()
    {
        using (var first = Open())
        {
            Assert.Equal(Bytes(1), await ReadAsync(first, "a", Bytes(1)));
            Assert.Equal(Bytes(1), await ReadAsync(first, "a", Bytes(1)));
        }

        using var second = Open();

        Assert.Equal(Bytes(1), await ReadAsync(second, "a", Bytes(1)));
        Assert.Equal(1, _downloads);
    }

    [Fact]
    public async Task AsksTheStoreOnce_WhenManyReadAtOnce()
    {
        using var cache = Open();

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAsync(cache, "a", Bytes(1)), Cancel)));

        Assert.All(all, read => Assert.Equal(Bytes(1), read));
        Assert.Equal(1, _downloads);
    }

    [Fact]
    public async Task KeepsOneCopy_OfFilesWithTheSameContent()
    {
        using var cache = Open();

        await ReadAsync(cache, "a", Bytes(1));
        await ReadAsync(cache, "b", Bytes(1));

        Assert.Equal([Hash(Bytes(1))], Directory.GetFiles(Objects).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 2, 3 })]
    public async Task FetchesAgain_WhenTheCopyIsDamaged(byte[] damaged)
    {
        using var cache = Open();
        await ReadAsync(cache, "a", Bytes(1));
        File.WriteAllBytes(Path.Combine(Objects, Hash(Bytes(1))), damaged);

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));
        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));

        Assert.Equal(2, _downloads);
    }

    [Fact]
    public async Task RefusesAFile_WhenItArrivesDamaged()
    {
        using var cache = Open();

        var refused = await Assert.ThrowsAsync<MlException>(() => ReadAsync(cache, "a", Bytes(1), Hash(Bytes(2))));

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.Empty(Directory.GetFiles(Objects));
    }

    [Fact]
    public async Task ForgetsWhatWasNotUsedForLongest_WhenItIsFull()
    {
        using var cache = Open(maxBytes: 3000);
        await ReadAsync(cache, "a", Bytes(1));
        await ReadAsync(cache, "b", Bytes(2));
        await ReadAsync(cache, "c", Bytes(3));
        await ReadAsync(cache, "a", Bytes(1));

        await ReadAsync(cache, "d", Bytes(4));

        Assert.Equal([.. new[] { Hash(Bytes(1)), Hash(Bytes(3)), Hash(Bytes(4)) }.Order(StringComparer.Ordinal)],
            Directory.GetFiles(Objects).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(Bytes(2), await ReadAsync(cache, "b", Bytes(2)));
        Assert.Equal(5, _downloads);
    }

    [Fact]
    public async Task PassesThrough_WhatIsLargerThanItMayBe()
    {
        using var cache = Open(maxBytes: 999);

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));

        Assert.Empty(Directory.GetFiles(Objects));
    }

    [Fact]
    public async Task PassesThrough_WhatHasNoHash()
    {
        using var cache = Open();

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1), hash: null));

        Assert.Empty(Directory.GetFiles(Objects));
    }

    [Fact]
    public async Task ReadsFromTheStore_WhenItsFolderCannotBeUsed()
    {
        var inTheWay = _folder.Combine("file");
        File.WriteAllText(inTheWay, "");
        using var cache = new ModelCache(inTheWay, 1_000_000, _time, NullLogger<ModelCache>.Instance);

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));
    }

    [Fact]
    public async Task KeepsNothing_WhenItMayHoldNothing()
    {
        using var cache = Open(maxBytes: 0);

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));

        Assert.Empty(Directory.GetFiles(Objects));
    }

    [Fact]
    public async Task FetchesAgain_WhenTheCopyIsGone()
    {
        using var cache = Open();
        await ReadAsync(cache, "a", Bytes(1));
        File.Delete(Path.Combine(Objects, Hash(Bytes(1))));

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));
        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));

        Assert.Equal(2, _downloads);
    }

    [Fact]
    public async Task ReadsFromTheStoreAndLeavesNothingHalf_WhenTheDiskIsFull()
    {
        using var disk = SmallDisk.TryMount(_folder.Path, kilobytes: 64);
        Assert.SkipWhen(disk is null, "Only root may mount a disk of 64 KB here");
        using var cache = Open(maxBytes: 10_000_000);
        Assert.Equal(Bytes(1), await ReadAsync(cache, "small", Bytes(1)));
        var large = RandomNumberGenerator.GetBytes(200_000);

        Assert.Equal(large, await ReadAsync(cache, "large", large));

        Assert.Equal([Hash(Bytes(1))], Directory.GetFiles(Objects).Select(Path.GetFileName));
        Assert.Equal(Bytes(1), await ReadAsync(cache, "small", Bytes(1)));
        Assert.Equal(3, _downloads);
    }

    [Fact]
    public async Task GivesEveryFileWhole_WhenProcessesShareItsFolder()
    {
        // Room for three of eight: each evicts what the others have just brought.
        var caches = Enumerable.Range(0, 3).Select(_ => Open(maxBytes: 3000)).ToList();

        await Task.WhenAll(caches.SelectMany(cache => Enumerable.Range(0, 4).Select(reader => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                var value = (byte)((i * (reader + 1)) % 8);
                Assert.Equal(Bytes(value), await ReadAsync(cache, $"file-{value}", Bytes(value)));
            }
        }, Cancel))));

        caches.ForEach(cache => cache.Dispose());
        using var last = Open(maxBytes: 3000);
        Assert.InRange(Directory.GetFiles(Objects).Length, 0, 3);
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories), file => file.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Opens_WhenAFileGoesWhileItLooks()
    {
        // Listed, and not there when it is read, as one that another process forgets in between.
        Directory.CreateDirectory(_folder.Combine("names"));
        File.CreateSymbolicLink(_folder.Combine("names", Hash(Bytes(9))), _folder.Combine("nowhere"));

        using var cache = Open();

        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));
        Assert.Equal(Bytes(1), await ReadAsync(cache, "a", Bytes(1)));
        Assert.Equal(1, _downloads);
    }

    [Fact]
    public async Task SweepsWhatACrashLeft_WhenOpened()
    {
        using (var first = Open())
            await ReadAsync(first, "a", Bytes(1));
        File.Delete(Path.Combine(Objects, Hash(Bytes(1))));
        File.WriteAllText(Path.Combine(Objects, $"{Hash(Bytes(2))}+0123.tmp"), "half");

        using var second = Open();

        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    private static byte[] Bytes(byte value)
    {
        var bytes = new byte[1000];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private ModelCache Open(long maxBytes = 1_000_000) => new(_folder.Path, maxBytes, _time, NullLogger<ModelCache>.Instance);

    private Task<byte[]> ReadAsync(ModelCache cache, string name, byte[] stored) => ReadAsync(cache, name, stored, Hash(stored));

    private async Task<byte[]> ReadAsync(ModelCache cache, string name, byte[] stored, string? hash)
    {
        await using var content = await cache.OpenReadAsync(name, _ =>
        {
            Interlocked.Increment(ref _downloads);
            return Task.FromResult(new ModelDownload(new MemoryStream(stored), stored.Length, hash));
        }, Cancel);
        using var read = new MemoryStream();
        await content.CopyToAsync(read, Cancel);
        return read.ToArray();
    }

    /// <summary>Each look at the clock is a second later than the one before.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private readonly Lock _gate = new();
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow()
        {
            lock (_gate)
                return _now += TimeSpan.FromSeconds(1);
        }
    }
}
