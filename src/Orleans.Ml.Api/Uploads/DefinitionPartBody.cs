using System.Buffers;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Uploads;

/// <summary>What the body of a definition part said, apart from the bytes themselves.</summary>
/// <param name="HasDefinition">Whether there was a definition.</param>
/// <param name="LengthBytes">Its decoded length.</param>
/// <param name="TotalLengthBytes">Announced length of all parts; 0 when not said.</param>
/// <param name="TotalParts">Announced number of parts; 0 when not said.</param>
internal readonly record struct DefinitionPartBody(bool HasDefinition, long LengthBytes, long TotalLengthBytes, long TotalParts)
{
    /// <summary>The most parts a definition may have.</summary>
    public const int MaxParts = 10_000;

    private const int BufferBytes = 64 * 1024;

    /// <summary>Reads a body to its end and writes the decoded definition to <paramref name="content"/> on the way.</summary>
    /// <exception cref="MlException">The body is not what it should be, or larger than <paramref name="limitBytes"/>.</exception>
    public static async Task<DefinitionPartBody> ReadAsync(Stream body, Stream content, long limitBytes, CancellationToken cancellationToken)
    {
        var input = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var output = ArrayPool<byte>.Shared.Rent(input.Length + DefinitionPartParser.OutputSlack);
        try
        {
            var parser = new DefinitionPartParser();
            long received = 0, decoded = 0;
            while (await RequestBody.ReadSomeAsync(body, input, cancellationToken) is > 0 and var read)
            {
                received += read;
                if (received > limitBytes)
                    throw RequestBody.TooLarge(limitBytes);
                var written = parser.Parse(input.AsSpan(0, read), output);
                decoded += written;
                if (written > 0)
                    await content.WriteAsync(output.AsMemory(0, written), cancellationToken);
            }

            parser.Finish();
            return new(parser.HasDefinition, decoded, parser.TotalLengthBytes, parser.TotalParts);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
            ArrayPool<byte>.Shared.Return(output);
        }
    }

    /// <summary>Checks what was said against the part's number. Rules: models-nlp-ingest-security.md §1.2.</summary>
    /// <exception cref="MlException">All problems together.</exception>
    public void Validate(int part)
    {
        if (!HasDefinition)
            throw new MlException(MlErrorKind.IllegalArgument, "[definition] must not be null");
        var problems = new List<string>();
        if (part < 0)
            problems.Add($"[part] must be greater than or equal to 0, was [{part}]");
        if (TotalParts <= 0)
            problems.Add($"[total_parts] must be greater than 0, was [{TotalParts}]");
        if (TotalParts > MaxParts)
            problems.Add($"[total_parts] must be less than or equal to {MaxParts}, was [{TotalParts}]");
        if (TotalLengthBytes <= 0)
            problems.Add($"[total_definition_length] must be greater than 0, was [{TotalLengthBytes}]");
        if (part >= TotalParts)
            problems.Add($"[part] must be less than [total_parts], was [{part}] of [{TotalParts}]");
        if (problems.Count > 0)
            throw MlException.Validation(problems);
    }
}
