using System.Runtime.InteropServices;
using Orleans.Ml.Inference.Protocol;

namespace Orleans.Ml.Worker;

/// <summary>Finds in libtorch's error texts what the owner of a model needs: the error itself, without stack frames and source listings.</summary>
internal static class ModelErrorText
{
    private static readonly string[] StackFrames = ["\nException raised from ", "\nframe #"];
    private const string Traceback = "The following operation failed in the TorchScript interpreter.";
    private const string Listing = "<--- HERE\n";

    /// <summary>One clean line.</summary>
    public static string From(Exception exception) => ReasonText.Clean(exception switch
    {
        ExternalException => WithoutTraceback(WithoutStackFrames(exception.Message)),
        ModelException => exception.Message,
        // TorchSharp's own errors about results it cannot represent.
        NotImplementedException or ArgumentOutOfRangeException =>
            "the model's answer is of an unsupported type, expected a tensor, or a tuple or list whose first element is a tensor",
        OutOfMemoryException => "not enough memory",
        _ => $"{exception.GetType().Name}: {exception.Message}",
    });

    /// <summary>Whether the model's own code was running, as opposed to what calls it or reads its answer.</summary>
    public static bool IsRaisedInModel(ExternalException exception) => exception.Message.StartsWith(Traceback, StringComparison.Ordinal);

    // They name files of the machine that built libtorch and of this one.
    private static string WithoutStackFrames(string text)
    {
        foreach (var start in StackFrames)
        {
            var frames = text.IndexOf(start, StringComparison.Ordinal);
            if (frames >= 0)
                text = text[..frames];
        }
        return text;
    }

    // "...\n  File "code/__torch__.py", line 12, in forward\n    source <--- HERE\n    more source\nRuntimeError: what happened"
    private static string WithoutTraceback(string text)
    {
        if (!text.StartsWith(Traceback, StringComparison.Ordinal))
            return text;
        var at = text.LastIndexOf(Listing, StringComparison.Ordinal);
        if (at < 0)
            return text;
        for (at += Listing.Length; at < text.Length; at = text.IndexOf('\n', at) + 1)
        {
            if (!char.IsWhiteSpace(text[at]))
                return text[at..];
            if (text.IndexOf('\n', at) < 0)
                break;
        }
        return text;
    }
}
