using System.Runtime.InteropServices;
using Orleans.Ml.Inference.Protocol;
using TorchSharp;

namespace Orleans.Ml.Worker;

/// <summary>Loads a TorchScript archive and finds out, before anybody waits for an answer, whether it can be served.</summary>
internal static class ModelLoader
{
    private const int WarmUps = 3;
    private const int WarmUpLength = 16;

    /// <summary>
    /// Loads the archive and warms it up: the first calls take 80 to 210 ms longer (torch-runtime.md §3). A model that takes other arguments
    /// or answers with something else than a tensor fails here. One that raises an error of its own may only dislike this input (some are
    /// traced for one length): it is served, and each request gets the error.
    /// </summary>
    /// <exception cref="ModelException">The model cannot be served.</exception>
    /// <exception cref="ExternalException">libtorch cannot load it, or its forward cannot be called.</exception>
    public static torch.jit.ScriptModule Load(string path, int arguments, long tokenId, int maxLength, int maxOutputBytes)
    {
        var module = torch.jit.load(path);
        module.eval();
        var forward = new ForwardPass(module, maxOutputBytes);
        var request = new RequestHeader(0, 1, Math.Min(maxLength, WarmUpLength), arguments);
        var values = WarmUpValues(request, tokenId);
        try
        {
            for (var round = 0; round < WarmUps; round++)
            {
                using var scope = torch.NewDisposeScope();
                forward.Run(request, values);
            }
        }
        catch (ExternalException exception) when (ModelErrorText.IsRaisedInModel(exception))
        {
            // Served all the same, see above.
        }
        catch (ExternalException exception) when (IsAboutArguments(exception.Message) && module.GetNumberOfInputs() != arguments)
        {
            throw new ModelException(
                $"the model's forward takes [{module.GetNumberOfInputs()}] arguments, but the tokenizer supplies [{arguments}] tensors");
        }
        return module;
    }

    /// <summary>As a tokenizer would fill them: ids, mask of ones, token types of zeros, positions (torch-runtime.md §12).</summary>
    public static long[] WarmUpValues(RequestHeader request, long tokenId)
    {
        var values = new long[request.Arguments * request.Length];
        for (var argument = 0; argument < request.Arguments; argument++)
        {
            var tensor = values.AsSpan(argument * request.Length, request.Length);
            switch (argument)
            {
                case 0: tensor.Fill(tokenId); break;
                case 1: tensor.Fill(1); break;
                case 3:
                    for (var position = 0; position < tensor.Length; position++)
                        tensor[position] = position;
                    break;
            }
        }
        return values;
    }

    // The texts of libtorch's schema check. Only then is it sure that there is a forward, which GetNumberOfInputs would abort the process for.
    private static bool IsAboutArguments(string text) =>
        (text.StartsWith("Expected at most ", StringComparison.Ordinal) && text.Contains("for operator 'forward'", StringComparison.Ordinal))
        || text.StartsWith("forward() is missing value for argument", StringComparison.Ordinal);
}
