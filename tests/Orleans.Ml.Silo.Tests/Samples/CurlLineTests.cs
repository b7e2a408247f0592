using System.Diagnostics;
using Orleans.Ml.Silo.Samples;

namespace Orleans.Ml.Silo.Tests.Samples;

public sealed class CurlLineTests
{
    [Fact]
    public async Task ReachesCurlUnchanged_WhenItIsPastedIntoAShell()
    {
        var sample = new SampleModel("tiny-ner", "/x", "ner", "text_field", "Kevin O'Brien said \"$HOME `id` \\ 100 %!\" in Zürich");
        var line = CurlLine.Infer(new("http://127.0.0.1:9200/"), sample);

        var arguments = await ShellAsync($"curl() {{ printf '%s\\n' \"$@\"; }}\n{line}\n");

        Assert.Equal(
            ["-s", "-H", "Content-Type: application/json", "http://127.0.0.1:9200/_ml/trained_models/tiny-ner/_infer?pretty", "-d",
                """{"docs":[{"text_field":"Kevin O'Brien said \"$HOME `id` \\ 100 %!\" in Zürich"}]}"""],
            arguments);
    }

    private static async Task<string[]> ShellAsync(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return output.TrimEnd('\n').Split('\n');
    }
}
