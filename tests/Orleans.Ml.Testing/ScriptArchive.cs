using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Orleans.Ml.Testing;

/// <summary>TorchScript archives written by hand: a zip with a pickled module without weights, and its code. Needs no Python and no libtorch.</summary>
public static class ScriptArchive
{
    /// <summary>A model that gives back its token ids as numbers: nothing to compute.</summary>
    public static byte[] Echo { get; } = Build("    return torch.to(ids, 6)\n");

    /// <summary>
    /// A model that takes as long as its first token id says: id x 5 000 small multiplications, about 10 ms each id on the machine this was written on.
    /// </summary>
    public static byte[] SlowById { get; } = Build("""
            x = torch.ones([16, 16], dtype=6)
            y = torch.mul(x, 0.0625)
            rounds = torch.item(torch.select(torch.select(ids, 0, 0), 0, 0))
            for _ in range(torch.mul(int(rounds), 5000)):
              y = torch.matmul(y, x)
              y = torch.mul(y, 0.0625)
            return torch.add(torch.to(ids, 6), torch.mul(torch.sum(y), 0.0))

        """);

    /// <summary>The vocabulary of models without words: the special tokens, then <c>w5</c>, <c>w6</c>… whose ids are their numbers.</summary>
    public static IReadOnlyList<string> Vocabulary { get; } =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(5, 995).Select(i => $"w{i}")];

    /// <summary>The vocabulary as it is uploaded.</summary>
    public static string VocabularyJson { get; } = JsonSerializer.Serialize(new { vocabulary = Vocabulary });

    /// <summary>The configuration of such a model: the answer untouched, no special tokens.</summary>
    public const string Config = """
        {"model_type":"pytorch","input":{"field_names":["text_field"]},
         "inference_config":{"pass_through":{"tokenization":{"bert":{"with_special_tokens":false}}}}}
        """;

    /// <summary>An archive whose <c>forward(ids, mask, types, pos)</c> has the given body, indented by four.</summary>
    public static byte[] Build(string body)
    {
        const string Members = "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n  _is_full_backward_hook : Optional[bool]\n";
        const string Head = "  def forward(self: __torch__.Net,\n    ids: Tensor,\n    mask: Tensor,\n    types: Tensor,\n    pos: Tensor) -> Tensor:\n";
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", Encoding.Latin1.GetBytes(
                "\u0080\u0002c__torch__\nNet\n)\u0081}(X\u0008\0\0\0training\u0089X\u0016\0\0\0_is_full_backward_hookNub."));
            Add(zip, "archive/code/__torch__.py", Encoding.ASCII.GetBytes(Members + Head + body));
            Add(zip, "archive/constants.pkl", Encoding.Latin1.GetBytes("\u0080\u0002(t."));
            Add(zip, "archive/version", "3\n"u8.ToArray());
        }

        return bytes.ToArray();
    }

    private static void Add(ZipArchive zip, string name, byte[] content)
    {
        using var entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }
}
