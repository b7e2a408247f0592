using System.Text;
using System.Text.Json;
using CsCheck;
using Orleans.Ml.Api.Uploads;

namespace Orleans.Ml.Api.Tests.Uploads;

public sealed class DefinitionPartBodyTests
{
    private const string Totals = "\"total_definition_length\":9,\"total_parts\":3";

    [Fact]
    public void Read_DecodesAnyContentInAnyChunksInAnyOrder() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Int[1, 700], Gen.Int[0, 5], Gen.Bool).Sample((content, chunk, order, escapes) =>
        {
            var definition = $"\"definition\":\"{Encode(content, escapes)}\"";
            var members = Permute([definition, "\"total_definition_length\" : 9 ", "\n\"total_parts\":\t3"], order);
            var (read, decoded) = Read($" {{{string.Join(",", members)}}} ", chunk);
            return read is { HasDefinition: true, TotalLengthBytes: 9, TotalParts: 3 } && read.LengthBytes == content.Length && decoded.AsSpan().SequenceEqual(content);
        }, iter: 300);

    [Fact]
    public void Read_AgreesWithAWholeParser_WhenABodyIsDamaged() =>
        Gen.Select(Gen.Int[0, 200], Gen.Byte, Gen.Int[1, 9]).Sample((at, replacement, chunk) =>
        {
            var body = Encoding.UTF8.GetBytes($"{{\"definition\":\"{Convert.ToBase64String(new byte[100])}\",{Totals}}}");
            body[at % body.Length] = replacement;
            try
            {
                var (read, _) = Read(body, chunk);
                using var json = JsonDocument.Parse(body);
                return json.RootElement.GetProperty("total_parts").ToString() == read.TotalParts.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (MlException refused)
            {
                return refused.Kind is MlErrorKind.ContentParse or MlErrorKind.IllegalArgument or MlErrorKind.Parse;
            }
        }, iter: 3000);

    [Theory]
    [InlineData("AAECAw==")]
    [InlineData("AAEC\\nAw==")]
    [InlineData("AA EC Aw ==")]
    [InlineData("\\u0041AECAw\\u003d\\u003D")]
    public void Read_TakesWhiteSpaceAndEscapes(string text)
    {
        for (var chunk = 1; chunk < 12; chunk++)
        {
            var (_, decoded) = Read($"{{\"definition\":\"{text}\",{Totals}}}", chunk);

            Assert.Equal([0, 1, 2, 3], decoded);
        }
    }

    [Fact]
    public void Read_TakesAnEscapedSlashAndPlus()
    {
        var (_, decoded) = Read($"{{\"definition\":\"\\/\\u002b\\/\\u002B\",{Totals}}}", 1);

        Assert.Equal(Convert.FromBase64String("/+/+"), decoded);
    }

    [Theory]
    [InlineData("{\"definition\":\"A===\"}", "base64")]
    [InlineData("{\"definition\":\"AAA\"}", "base64")]
    [InlineData("{\"definition\":\"AA==AAAA\"}", "base64")]
    [InlineData("{\"definition\":\"AAAA=\"}", "base64")]
    [InlineData("{\"definition\":\"AA*A\"}", "base64")]
    [InlineData("{\"definition\":\"AA-_\"}", "base64")]
    [InlineData("{\"definition\":\"ÄÄÄÄ\"}", "base64")]
    [InlineData("{\"definition\":\"AA\\u00e4A\"}", "base64")]
    [InlineData("{\"definition\":\"AA\\\"A\"}", "base64")]
    [InlineData("{\"definition\":\"AA\\qA\"}", "escape")]
    [InlineData("{\"definition\":\"AA\\u00zzA\"}", "escape")]
    [InlineData("{\"definition\":\"AA\u0001A\"}", "control")]
    [InlineData("{\"definition\":true}", "base64")]
    [InlineData("{\"definition\":[\"AAAA\"]}", "base64")]
    [InlineData("{\"total_parts\":1.5}", "[1.5]")]
    [InlineData("{\"total_parts\":01}", "total_parts")]
    [InlineData("{\"total_parts\":1e400}", "total_parts")]
    [InlineData("{\"total_parts\":-}", "total_parts")]
    [InlineData("{\"total_parts\":\"\"}", "total_parts")]
    [InlineData("{\"total_parts\":null}", "total_parts")]
    [InlineData("{\"total_parts\":1,\"total_parts\":1}", "duplicate field [total_parts]")]
    [InlineData("{\"definition\":\"\",\"defin\\u0069tion\":\"\"}", "duplicate field [definition]")]
    [InlineData("{\"oops\":1}", "oops")]
    [InlineData("{\"\\ud800\":1}", "field name")]
    [InlineData("{\"total_parts\":1,}", "byte [0x7d]")]
    [InlineData("{,}", "byte [0x2c]")]
    [InlineData("{\"total_parts\" 1}", "byte [0x31]")]
    [InlineData("{\"total_parts\":1 \"definition\":\"\"}", "byte [0x22]")]
    [InlineData("{} {}", "follows")]
    [InlineData("[]", "byte [0x5b]")]
    [InlineData("{", "ends")]
    [InlineData("{\"definition", "ends")]
    [InlineData("{\"definition\":\"AAAA", "ends")]
    [InlineData("{\"definition\":\"AAAA\\", "ends")]
    [InlineData("{\"total_parts\":1", "ends")]
    public void Read_RefusesWhatIsBroken_WhereverItIsCut(string body, string named)
    {
        for (var chunk = 1; chunk < 12; chunk++)
        {
            var error = Assert.Throws<MlException>(() => Read(body, chunk));

            Assert.Equal(MlErrorKind.ContentParse, error.Kind);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\"")]
    [InlineData("\"total_parts\":\"")]
    [InlineData("\"total_parts\":")]
    public void Read_RefusesNamesAndNumbersWithoutEnd(string start)
    {
        var error = Assert.Throws<MlException>(() => Read("{" + start + new string('1', 100_000), 4096));

        Assert.Contains("longer than", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_StopsAtTheLimit()
    {
        var body = new MemoryStream(Encoding.UTF8.GetBytes($"{{\"definition\":\"{new string('A', 400_000)}\",{Totals}}}"));

        var error = Assert.Throws<MlException>(() => DefinitionPartBody.ReadAsync(body, Stream.Null, 100_000, TestContext.Current.CancellationToken).GetAwaiter().GetResult());

        Assert.Equal(MlErrorKind.TooLarge, error.Kind);
        Assert.True(body.Position < 300_000, $"read on to {body.Position}");
    }

    private static string Encode(byte[] content, bool escapes)
    {
        var text = Convert.ToBase64String(content);
        return escapes ? text.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal) : text;
    }

    private static IEnumerable<string> Permute(string[] items, int order)
    {
        var first = order % 3;
        var rest = items.Where((_, i) => i != first);
        return [items[first], .. order < 3 ? rest : rest.Reverse()];
    }

    private static (DefinitionPartBody Read, byte[] Decoded) Read(string body, int chunk) => Read(Encoding.UTF8.GetBytes(body), chunk);

    private static (DefinitionPartBody Read, byte[] Decoded) Read(byte[] body, int chunk)
    {
        var content = new MemoryStream();
        var read = DefinitionPartBody.ReadAsync(new ChunkStream(body, chunk), content, 1 << 20, default).GetAwaiter().GetResult();
        return (read, content.ToArray());
    }

    /// <summary>Gives at most so many bytes at a time.</summary>
    private sealed class ChunkStream(byte[] content, int chunk) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
