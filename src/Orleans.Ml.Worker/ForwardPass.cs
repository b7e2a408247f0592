using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Orleans.Ml.Inference.Protocol;
using TorchSharp;

namespace Orleans.Ml.Worker;

/// <summary>
/// Runs the model for one request at a time: one forward per row, outputs joined on the first dimension, as Elasticsearch does
/// (models-nlp-ingest-security.md §3.1). One per allocation; call on the allocation's thread, in inference mode, inside a dispose scope.
/// </summary>
/// <param name="module">Shared with the other allocations.</param>
/// <param name="maxOutputBytes">Larger answers are errors, found before they are written.</param>
internal sealed class ForwardPass(torch.jit.ScriptModule module, int maxOutputBytes)
{
    private object[] _arguments = [];
    private torch.Tensor[] _outputs = [];

    /// <summary>Runs all rows.</summary>
    /// <param name="request">Shape of the values.</param>
    /// <param name="values"><c>[argument][row][token]</c>.</param>
    /// <exception cref="ModelException">The model's answer is of no use.</exception>
    /// <exception cref="ExternalException">The model raised an error.</exception>
    public ForwardOutput Run(RequestHeader request, ReadOnlySpan<long> values)
    {
        if (_arguments.Length != request.Arguments)
            _arguments = new object[request.Arguments];
        if (request.Rows == 1)
        {
            var output = RunRow(request, values, 0);
            return Describe(output.bytes, output.shape);
        }

        if (_outputs.Length < request.Rows)
            _outputs = new torch.Tensor[request.Rows];
        var totalBytes = 0L;
        for (var row = 0; row < request.Rows; row++)
        {
            _outputs[row] = RunRow(request, values, row);
            totalBytes += _outputs[row].numel() * sizeof(float);
            RefuseIfTooLarge(totalBytes);
        }
        var joined = torch.cat(_outputs.AsSpan(0, request.Rows).ToArray(), 0);
        Array.Clear(_outputs, 0, request.Rows);
        return Describe(joined.bytes, joined.shape);
    }

    private torch.Tensor RunRow(RequestHeader request, ReadOnlySpan<long> values, int row)
    {
        using var scope = torch.NewDisposeScope();
        for (var argument = 0; argument < _arguments.Length; argument++)
        {
            // empty + copy takes 2 us, torch.tensor 4 to 7.
            var tensor = torch.empty(1, request.Length, dtype: torch.ScalarType.Int64);
            MemoryMarshal.AsBytes(values.Slice(((argument * request.Rows) + row) * request.Length, request.Length)).CopyTo(tensor.bytes);
            _arguments[argument] = tensor;
        }
        var output = ToFloats(FirstTensor(module.forward(_arguments)));
        Array.Clear(_arguments);
        return output.MoveToOuterDisposeScope();
    }

    private static torch.Tensor FirstTensor(object? answer) => answer switch
    {
        torch.Tensor tensor => tensor,
        ITuple { Length: > 0 } tuple when tuple[0] is torch.Tensor tensor => tensor,
        IReadOnlyList<object> { Count: > 0 } list when list[0] is torch.Tensor tensor => tensor,
        null => throw new ModelException("the model returned None, expected a tensor"),
        Scalar => throw new ModelException("the model returned a number, expected a tensor"),
        _ => throw new ModelException("the model's answer has no tensor as its first element"),
    };

    // Other layouts than dense and sparse fail in contiguous() or bytes with an error of their own, other devices would too, less clearly.
    private torch.Tensor ToFloats(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new ModelException($"the model's answer is on device [{tensor.device_type}], expected [CPU]");
        if (tensor.is_complex())
            throw new ModelException($"the model's answer is of type [{tensor.dtype}], expected real numbers");
        var elements = tensor.numel();
        if (elements == 0)
            throw new ModelException($"the model's answer is empty, its shape is [{string.Join(", ", tensor.shape)}]");
        if (tensor.dim() > 3)
            throw new ModelException($"the model's answer has {tensor.dim()} dimensions, expected at most 3");
        RefuseIfTooLarge(elements > maxOutputBytes ? long.MaxValue : elements * sizeof(float));

        if (tensor.is_sparse)
            tensor = tensor.to_dense();
        if (tensor.dim() == 0)
            tensor = tensor.reshape(1, 1);
        return tensor.to(torch.ScalarType.Float32).contiguous();
    }

    private void RefuseIfTooLarge(long bytes)
    {
        if (bytes > maxOutputBytes)
            throw new ModelException($"the model's answer is larger than the limit of [{maxOutputBytes}] bytes");
    }

    private static ForwardOutput Describe(ReadOnlySpan<byte> bytes, long[] shape) => shape switch
    {
        [var columns] => new(bytes, 1, 1, (int)columns),
        [var rows, var columns] => new(bytes, 1, (int)rows, (int)columns),
        _ => new(bytes, (int)shape[0], (int)shape[1], (int)shape[2]),
    };
}
