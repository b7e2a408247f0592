using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Orleans.Ml.Storage.Sqlite;
using Orleans.Ml.Storage.Tests.Conformance;

namespace Orleans.Ml.Storage.Tests.Sqlite;

/// <summary>kill -9 in the middle of writes. The writer is this same program in another process, told by its environment.</summary>
public sealed class KilledWriterTests
{
    private const string FolderVariable = "ORLEANS_ML_TEST_WRITER_FOLDER";
    private const string PipeVariable = "ORLEANS_ML_TEST_WRITER_PIPE";
    private static readonly GrainId Id = GrainId.Create("ml-test", "killed");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LosesNoAnsweredWrite_WhenTheProcessIsKilled()
    {
        using var folder = new TemporaryFolder();
        var answered = 0;
        for (var life = 0; life < 3; life++)
        {
            answered = await RunAndKillWriterAsync(folder.Path, untilAnswered: answered + 50).WaitAsync(TimeSpan.FromSeconds(60), Cancel);

            await using var silo = await StorageSilo.StartAsync(folder.Path);
            var state = new GrainState<CounterState>();
            await silo.Storage.ReadStateAsync("counter", Id, state);
            var kept = state.State!;
            Assert.InRange(kept.Count, answered, answered + 1);
            Assert.Equal(Filler(kept.Count), kept.Filler);
            Assert.Equal("ok", Check(folder.Path));
            answered = kept.Count;
        }
    }

    /// <summary>Not a test of its own: writes until it is killed and tells the number of every answered write.</summary>
    [Fact(Explicit = true)]
    public async Task Writer()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable) ?? throw new InvalidOperationException($"{FolderVariable} is not set");
        await using var pipe = new AnonymousPipeClientStream(PipeDirection.Out, Environment.GetEnvironmentVariable(PipeVariable)!);
        await using var answers = new StreamWriter(pipe) { AutoFlush = true };
        await using var silo = await StorageSilo.StartAsync(folder);
        var state = new GrainState<CounterState>();
        await silo.Storage.ReadStateAsync("counter", Id, state);
        for (var count = state.State!.Count + 1; ; count++)
        {
            state.State = new() { Count = count, Filler = Filler(count) };
            await silo.Storage.WriteStateAsync("counter", Id, state);
            await answers.WriteLineAsync(count.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static byte[] Filler(int count)
    {
        var filler = new byte[20_000];
        Array.Fill(filler, (byte)count);
        return filler;
    }

    private static async Task<int> RunAndKillWriterAsync(string folder, int untilAnswered)
    {
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Orleans.Ml.Storage.Tests"))
        {
            ArgumentList = { "-explicit", "only", "-method", $"{typeof(KilledWriterTests).FullName}.{nameof(Writer)}" },
            RedirectStandardOutput = true,
        };
        start.Environment[FolderVariable] = folder;
        start.Environment[PipeVariable] = pipe.GetClientHandleAsString();
        using var writer = Process.Start(start)!;
        pipe.DisposeLocalCopyOfClientHandle();
        try
        {
            using var answers = new StreamReader(pipe);
            var last = 0;
            while (await answers.ReadLineAsync(Cancel) is { } line)
            {
                last = int.Parse(line, CultureInfo.InvariantCulture);
                if (last == untilAnswered)
                    writer.Kill();
            }

            Assert.True(last >= untilAnswered, $"the writer ended by itself after {last} of {untilAnswered} writes: {await writer.StandardOutput.ReadToEndAsync(Cancel)}");
            return last;
        }
        finally
        {
            writer.Kill();
            await writer.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static string Check(string folder)
    {
        using var database = new GrainDatabase(folder);
        using var connection = database.DataSource.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)command.ExecuteScalar()!;
    }
}
