namespace Orleans.Ml.Storage.Sqlite;

/// <summary>
/// The statements behind Orleans' ADO.NET grain storage. Orleans loads the text of its three operations from the table <c>OrleansQuery</c>
/// and fixes the names of parameters and result columns; everything else is ours. Each operation is one statement, so it is its own transaction.
/// </summary>
internal static class GrainDatabaseSql
{
    /// <summary>Counts up with every change of the tables.</summary>
    public const int SchemaVersion = 1;

    /// <summary>The tables of version 1.</summary>
    public const string CreateTables = """
        CREATE TABLE OrleansQuery (
            QueryKey TEXT NOT NULL PRIMARY KEY,
            QueryText TEXT NOT NULL
        ) STRICT;
        CREATE TABLE GrainState (
            ServiceId TEXT NOT NULL,
            StateName TEXT NOT NULL,
            GrainKey TEXT NOT NULL,
            KeyN0 INTEGER NOT NULL,
            KeyN1 INTEGER NOT NULL,
            Version INTEGER NOT NULL,
            ModifiedOn INTEGER NOT NULL,  -- Unix seconds
            Payload BLOB NULL,            -- NULL: cleared
            PRIMARY KEY (ServiceId, StateName, GrainKey, KeyN0, KeyN1)
        ) STRICT;
        """;

    /// <summary>
    /// Keeps the row of a cleared state for a day: its version makes a writer that still believes in an earlier one fail instead of matching a new
    /// record that has come as far as that version. A day is far beyond the life of any activation that could remember.
    /// </summary>
    public const string ForgetCleared = "DELETE FROM GrainState WHERE Payload IS NULL AND ModifiedOn < unixepoch() - 86400";

    /// <summary>Tells Orleans an operation's text.</summary>
    public const string SetQuery = "INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES (@key, @text) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText";

    private const string OneRow = """
        ServiceId = @ServiceId AND StateName = @GrainTypeString AND GrainKey = ifnull(@GrainIdExtensionString, '')
            AND KeyN0 = @GrainIdN0 AND KeyN1 = @GrainIdN1
        """;

    /// <summary>Orleans' operations by their key.</summary>
    public static IReadOnlyDictionary<string, string> Queries { get; } = new Dictionary<string, string>
    {
        ["ReadFromStorageKey"] = $"SELECT Payload AS PayloadBinary, Version FROM GrainState WHERE {OneRow}",

        // Inserts when the caller knows no version and there is no row, updates when the caller knows the row's version, else touches nothing and
        // returns no row, which Orleans reads as a conflict.
        ["WriteToStorageKey"] = $"""
            INSERT INTO GrainState (ServiceId, StateName, GrainKey, KeyN0, KeyN1, Version, ModifiedOn, Payload)
            SELECT @ServiceId, @GrainTypeString, ifnull(@GrainIdExtensionString, ''), @GrainIdN0, @GrainIdN1, 1, unixepoch(), @PayloadBinary
            WHERE @GrainStateVersion IS NULL OR EXISTS (SELECT 1 FROM GrainState WHERE {OneRow})
            ON CONFLICT (ServiceId, StateName, GrainKey, KeyN0, KeyN1) DO UPDATE
                SET Version = Version + 1, ModifiedOn = excluded.ModifiedOn, Payload = excluded.Payload
                WHERE Version = @GrainStateVersion
            RETURNING Version AS NewGrainStateVersion
            """,

        ["ClearStorageKey"] = $"""
            UPDATE GrainState SET Version = Version + 1, ModifiedOn = unixepoch(), Payload = NULL
            WHERE {OneRow} AND Version = @GrainStateVersion
            RETURNING Version AS NewGrainStateVersion
            """,
    };
}
