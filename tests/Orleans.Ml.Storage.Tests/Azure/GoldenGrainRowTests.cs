using System.Text;
using Azure.Data.Tables;
using Orleans.Ml.Storage.Azure;
using Orleans.Ml.Storage.Tests.Conformance;
using Orleans.Storage;

namespace Orleans.Ml.Storage.Tests.Azure;

/// <summary>The rows of grain state themselves, as Microsoft.Orleans.Persistence.AzureStorage 10.4.2 writes and reads them.</summary>
public sealed class GoldenGrainRowTests(TableHost ours, OfficialTableHost official, TextTableHost text)
    : IClassFixture<TableHost>, IClassFixture<OfficialTableHost>, IClassFixture<TextTableHost>
{
    private const string Json = """{"$id":"1","$type":"Orleans.Ml.Storage.Tests.Conformance.CounterState, Orleans.Ml.Storage.Tests","Count":7,"Filler":{"$type":"System.Byte[], System.Private.CoreLib","$value":"AQID"}}""";
    private readonly string _unique = $"{Guid.NewGuid():n}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private GrainId Id => GrainId.Create("ml-test", $@"a/b\c#d?e%-{_unique}");

    private string PartitionKey => $"storage-tests_ml-test_a_b_c_d_e%-{_unique}";

    [Fact]
    public async Task WritesTheGoldenRow()
    {
        await WriteAsync(ours.Storage, [1, 2, 3]);

        Assert.Equal([$"{PartitionKey} | deployment_x\nData Byte[] {Json}"], await RawAsync(ours.Table));
    }

    [Fact]
    public async Task WritesTheGoldenRow_AsText()
    {
        await WriteAsync(text.Storage, [1, 2, 3]);

        Assert.Equal([$"{PartitionKey} | deployment_x\nStringData String {Json}"], await RawAsync(text.Table));
    }

    [Fact]
    public async Task WritesWhatTheOriginalWrites_InAsManyColumns()
    {
        var filler = Enumerable.Range(0, 150_000).Select(i => (byte)i).ToArray();
        await WriteAsync(official.Storage, filler);
        await WriteAsync(ours.Storage, filler);

        var row = Assert.Single(await RawAsync(ours.Table));
        Assert.Equal(Assert.Single(await RawAsync(official.Table)), row);
        Assert.Contains("Data3 Byte[]", row, StringComparison.Ordinal);
        Assert.DoesNotContain("Data4", row, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadsTheGoldenRow(bool asText)
    {
        var bytes = Encoding.UTF8.GetBytes(Json);
        var golden = new TableEntity(PartitionKey, "deployment_x");
        if (asText)
            (golden["StringData"], golden["StringData1"]) = (Json[..100], Json[100..]);
        else
            (golden["Data"], golden["Data1"]) = (bytes[..100], bytes[100..]);
        var stored = await ours.Table.AddEntityAsync(golden, Cancel);

        var state = await ReadAsync(ours.Storage);

        Assert.Equal((7, true, stored.Headers.ETag.ToString()), (state.State!.Count, state.RecordExists, state.ETag));
        Assert.Equal([1, 2, 3], state.State.Filler);
    }

    [Fact]
    public async Task KeepsTheRowWithoutData_WhenTheStateIsCleared()
    {
        await WriteAsync(ours.Storage, [1, 2, 3]);
        var state = await ReadAsync(ours.Storage);

        await ours.Storage.ClearStateAsync("deployment/x", Id, state);

        Assert.Equal([$"{PartitionKey} | deployment_x"], await RawAsync(ours.Table));
        Assert.Equal(state.ETag, (await ReadAsync(ours.Storage)).ETag);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SaysThatTheStateIsTooLarge_BeforeItIsSent(bool asText)
    {
        var storage = asText ? text.Storage : ours.Storage;

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => WriteAsync(storage, new byte[asText ? 400_000 : 800_000]));

        Assert.False((await ReadAsync(storage)).RecordExists);
    }

    [Fact]
    public void SplitsTextBetweenCharacters_NotWithinOne()
    {
        var state = $"{new string('a', 32 * 1024 - 1)}😀b";
        var row = new TableEntity();

        GrainStateColumns.Write(row, new(state), asText: true);

        Assert.Equal("😀b", row.GetString("StringData1"));
        Assert.Equal(state, GrainStateColumns.Read(row).ToString());
    }

    private async Task WriteAsync(IGrainStorage storage, byte[] filler) =>
        await storage.WriteStateAsync("deployment/x", Id, new GrainState<CounterState>(new() { Count = 7, Filler = filler }));

    private async Task<GrainState<CounterState>> ReadAsync(IGrainStorage storage)
    {
        var state = new GrainState<CounterState>();
        await storage.ReadStateAsync("deployment/x", Id, state);
        return state;
    }

    private Task<string[]> RawAsync(TableClient table) => RawRow.AllAsync(table, TableClient.CreateQueryFilter($"PartitionKey eq {PartitionKey}"));
}
