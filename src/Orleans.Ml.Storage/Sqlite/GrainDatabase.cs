using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Orleans.Ml.Storage.Sqlite;

/// <summary>The SQLite file of the grains' state: made, or checked and brought up to date, before the silo's first grain reads from it.</summary>
internal sealed class GrainDatabase : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly string _folder;
    private readonly string _fileName;

    public GrainDatabase(string dataDirectory)
    {
        _folder = Path.GetFullPath(dataDirectory);
        _fileName = "grains.db";
        DataSource = new SqliteDataSource(Path.Combine(_folder, _fileName));
    }

    /// <summary>Opens connections to it.</summary>
    public SqliteDataSource DataSource { get; }

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(GrainDatabase), ServiceLifecycleStage.RuntimeStorageServices, _ =>
        {
            Prepare();
            return Task.CompletedTask;
        });

    /// <summary>Makes the file usable. Idempotent; several processes may do it at once.</summary>
    /// <exception cref="MlException"><see cref="MlErrorKind.Unavailable"/>: it cannot be opened, is no database, or was written by a newer version.</exception>
    public void Prepare()
    {
        try
        {
            Directory.CreateDirectory(_folder);
            using var connection = DataSource.OpenConnection();
            // Readers and the writer do not wait for each other. Stays with the file; refused (and harmless) where the file system has no shared memory.
            Execute(connection, "PRAGMA journal_mode = WAL");
            // Takes the write lock at once, so that of two processes one creates and the other one finds.
            using var transaction = connection.BeginTransaction();
            Upgrade(connection);
            foreach (var (key, text) in GrainDatabaseSql.Queries)
                Execute(connection, GrainDatabaseSql.SetQuery, new SqliteParameter("@key", key), new SqliteParameter("@text", text));
            Execute(connection, GrainDatabaseSql.ForgetCleared);
            transaction.Commit();
        }
        catch (Exception refused) when (refused is SqliteException or IOException or UnauthorizedAccessException)
        {
            var reason = refused is SqliteException ? refused.Message : "its folder cannot be created";
            throw new MlException(MlErrorKind.Unavailable, $"The grain state database [{_fileName}] cannot be opened: {reason}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DataSource.Dispose();

    private void Upgrade(DbConnection connection)
    {
        var version = Convert.ToInt32(Execute(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        switch (version)
        {
            case 0:
                Execute(connection, GrainDatabaseSql.CreateTables);
                Execute(connection, $"PRAGMA user_version = {GrainDatabaseSql.SchemaVersion}");
                break;
            case GrainDatabaseSql.SchemaVersion:
                break;
            default:
                throw new MlException(MlErrorKind.Unavailable, $"The grain state database [{_fileName}] has version [{version}], written by newer software; " +
                    $"this one knows up to [{GrainDatabaseSql.SchemaVersion}]");
        }
    }

    private static object? Execute(DbConnection connection, string sql, params ReadOnlySpan<SqliteParameter> parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command.ExecuteScalar();
    }
}
