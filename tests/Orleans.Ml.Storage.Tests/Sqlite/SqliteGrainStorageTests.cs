using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Sqlite;

public sealed class SqliteGrainStorageTests(SqliteHost host) : GrainStorageTests(host), IClassFixture<SqliteHost>;

public sealed class SqliteHost : StorageHost
{
    private readonly TemporaryFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override Task<Action<ISiloBuilder>> StorageAsync() => Task.FromResult<Action<ISiloBuilder>>(silo => silo.AddSqliteGrainStorage(_folder.Path));
}
