using Orleans.Ml.Silo.Start;

namespace Orleans.Ml.Silo.Tests.Start;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void IsCreated_WhenItIsNotThere()
    {
        using var data = DataDirectory.Claim(Path.Combine(_folder.Path, "a", "b"), "node-1");

        Assert.True(Directory.Exists(data.Path));
    }

    [Fact]
    public void IsRefused_WhileAnotherNodeHasIt()
    {
        using (DataDirectory.Claim(_folder.Path, "node-1"))
        {
            var refused = Assert.Throws<StartFailure>(() => DataDirectory.Claim(_folder.Path, "node-2"));
            Assert.Equal($"The data directory {_folder.Path} is in use by another node. Stop that node, or choose another directory with --data.", refused.Message);
        }

        DataDirectory.Claim(_folder.Path, "node-2").Dispose();
    }

    [Fact]
    public void IsRefused_WhenItCannotBeWritten()
    {
        _folder.Write("file", "");

        var refused = Assert.Throws<StartFailure>(() => DataDirectory.Claim(Path.Combine(_folder.Path, "file"), "node-1"));

        Assert.Contains("cannot be written", refused.Message, StringComparison.Ordinal);
    }
}
