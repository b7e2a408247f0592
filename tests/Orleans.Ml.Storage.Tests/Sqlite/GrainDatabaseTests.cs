using Orleans.Ml.Storage.Sqlite;

namespace Orleans.Ml.Storage.Tests.Sqlite;

public sealed class GrainDatabaseTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void IsReady_WhenManyPrepareTheSameFileAtOnce()
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            try
            {
                using var database = new GrainDatabase(_folder.Path);
                database.Prepare();
                database.Prepare();
            }
            catch (Exception failure)
            {
                lock (failures)
                    failures.Add(failure);
            }
        })).ToList();

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Empty(failures);
        using var prepared = new GrainDatabase(_folder.Path);
        Assert.Equal(3L, Scalar(prepared, "SELECT count(*) FROM OrleansQuery"));
    }

    [Fact]
    public void MakesCommitsDurable_OnEveryConnection()
    {
        using var database = new GrainDatabase(_folder.Path);
        database.Prepare();

        Assert.Equal("wal", Scalar(database, "PRAGMA journal_mode"));
        Assert.Equal(2L, Scalar(database, "PRAGMA synchronous"));
    }

    [Fact]
    public void TakesUpNewStatements_WhenTheFileHasOldOnes()
    {
        using var database = new GrainDatabase(_folder.Path);
        database.Prepare();
        Scalar(database, "UPDATE OrleansQuery SET QueryText = 'old'");

        database.Prepare();

        Assert.Equal(0L, Scalar(database, "SELECT count(*) FROM OrleansQuery WHERE QueryText = 'old'"));
    }

    [Fact]
    public void RefusesTheFile_WhenNewerSoftwareWroteIt()
    {
        using var database = new GrainDatabase(_folder.Path);
        database.Prepare();
        Scalar(database, "PRAGMA user_version = 1000");

        var refused = Assert.Throws<MlException>(database.Prepare);

        Assert.Contains("[1000]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusesTheFile_WhenItIsNoDatabase()
    {
        File.WriteAllText(_folder.Combine("grains.db"), new string('x', 10_000));
        using var database = new GrainDatabase(_folder.Path);

        var refused = Assert.Throws<MlException>(database.Prepare);

        Assert.Equal(MlErrorKind.Unavailable, refused.Kind);
        Assert.DoesNotContain(_folder.Path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ForgetsClearedRecords_OnlyAfterADay()
    {
        using var database = new GrainDatabase(_folder.Path);
        database.Prepare();
        const string Insert = "INSERT INTO GrainState VALUES ('s', 'n', {0}, 0, 0, 1, unixepoch() - {1}, {2})";
        foreach (var (key, age, payload) in new[] { ("'old'", 90_000, "NULL"), ("'new'", 3_600, "NULL"), ("'kept'", 90_000, "x'00'") })
            Scalar(database, string.Format(null, Insert, key, age, payload));

        database.Prepare();

        Assert.Equal("kept,new", Scalar(database, "SELECT group_concat(GrainKey ORDER BY GrainKey) FROM GrainState"));
    }

    private static object? Scalar(GrainDatabase database, string sql)
    {
        using var connection = database.DataSource.OpenConnection();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Fixed texts of this test.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
