using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Orleans.Ml.Storage.Sqlite;

/// <summary>Opens connections to one SQLite file, each with the settings that a connection does not inherit from the file.</summary>
internal sealed class SqliteDataSource(string path) : DbDataSource
{
    // FULL: a commit is on the disk when it is answered, also in WAL mode, where NORMAL may lose the last commits in a power cut.
    // The timeout is how long a writer waits for another one; writes take milliseconds, so who waits longer has found a fault.
    private const string ConnectionSettings = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL;";

    /// <inheritdoc/>
    public override string ConnectionString { get; } = new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = true,
    }.ToString();

    /// <inheritdoc/>
    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    /// <inheritdoc/>
    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = ConnectionSettings;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>SQLite works in the caller's thread; there is nothing to await.</summary>
    protected override ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default) => new(OpenDbConnection());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            using var pooled = new SqliteConnection(ConnectionString);
            SqliteConnection.ClearPool(pooled);
        }

        base.Dispose(disposing);
    }
}
