using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Orleans.Ml.Api.Wire;

namespace Orleans.Ml.Api.Uploads;

/// <summary>
/// Parses the body of a definition part as its bytes come: one flat object whose <c>definition</c> is decoded on the way, so that a part of any size
/// needs two small buffers.
/// Members may come in any order.
/// </summary>
internal sealed class DefinitionPartParser
{
    /// <summary>How much longer than its input an output buffer must be.</summary>
    public const int OutputSlack = 16;

    private const string Owner = "put_trained_model_definition_part";
    private const int LongestName = 256;
    private const int LongestNumber = 64;

    private static readonly SearchValues<byte> Special =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x21).Select(i => (byte)i)]);

    private readonly Base64Decoder _base64 = new();
    private readonly byte[] _text = new byte[LongestName];
    private int _textLength;
    private bool _isEscaped;
    private State _state = State.Start;
    private Member _member;
    private Member _seen;

    private enum State { Start, FirstName, NextName, Name, Colon, Value, Definition, Escape, Number, QuotedNumber, Comma, End }

    [Flags]
    private enum Member { None = 0, Definition = 1, TotalLength = 2, TotalParts = 4 }

    /// <summary>Whether there was a definition.</summary>
    public bool HasDefinition => _seen.HasFlag(Member.Definition);

    /// <summary>As announced, in bytes; 0 when not said.</summary>
    public long TotalLengthBytes { get; private set; }

    /// <summary>As announced; 0 when not said.</summary>
    public long TotalParts { get; private set; }

    /// <summary>Takes in the next bytes.</summary>
    /// <returns>How many decoded bytes are in <paramref name="output"/>.</returns>
    /// <exception cref="MlException">The body is not what it should be.</exception>
    public int Parse(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        while (!input.IsEmpty)
        {
            var taken = _state switch
            {
                State.Definition => TakeDefinition(input, output, ref written),
                State.Escape => TakeEscape(input[0], output, ref written),
                State.Name or State.QuotedNumber => TakeText(input[0]),
                State.Number => TakeNumber(input[0]),
                _ => TakeStructure(input[0]),
            };
            input = input[taken..];
        }

        return written;
    }

    /// <summary>Says that the input is over.</summary>
    /// <exception cref="MlException">It was not complete.</exception>
    public void Finish()
    {
        if (_state == State.Start)
            throw new MlException(MlErrorKind.Parse, "request body is required");
        if (_state != State.End)
            throw Broken("the body ends in the middle of the JSON object");
    }

    // Each of these answers how many bytes it has taken.
    private int TakeStructure(byte next)
    {
        if (next is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            _state = (_state, next) switch
            {
                (State.Start, (byte)'{') => State.FirstName,
                (State.FirstName or State.Comma, (byte)'}') => State.End,
                (State.FirstName or State.NextName, (byte)'"') => State.Name,
                (State.Colon, (byte)':') => State.Value,
                (State.Comma, (byte)',') => State.NextName,
                (State.Value, (byte)'"') => _member == Member.Definition ? State.Definition : State.QuotedNumber,
                (State.Value, (byte)'-' or (>= (byte)'0' and <= (byte)'9')) when _member != Member.Definition => State.Number,
                (State.Value, (byte)'n') when _member == Member.Definition => throw new MlException(MlErrorKind.IllegalArgument,
                    "[definition] must not be null"),
                (State.Value, _) => throw WrongType(),
                (State.End, _) => throw Broken("something follows the JSON object"),
                _ => throw Broken($"unexpected byte [0x{next:x2}]"),
            };
        }

        return _state == State.Number ? 0 : 1;
    }

    // A name or a number in quotes, kept as it is written until its closing quote.
    private int TakeText(byte next)
    {
        if (next == '"' && !_isEscaped)
        {
            if (_state == State.Name)
                EndName();
            else
                EndNumber();
            return 1;
        }

        _isEscaped = next == '\\' && !_isEscaped;
        Keep(next, _state == State.Name ? LongestName : LongestNumber);
        return 1;
    }

    private int TakeNumber(byte next)
    {
        if (next is (byte)',' or (byte)'}' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            EndNumber();
            return 0;
        }

        Keep(next, LongestNumber);
        return 1;
    }

    private int TakeDefinition(ReadOnlySpan<byte> input, Span<byte> output, ref int written)
    {
        var end = input.IndexOfAny(Special);
        var run = end < 0 ? input : input[..end];
        Decode(run, output, ref written);
        if (end < 0)
            return input.Length;
        switch (input[end])
        {
            case (byte)'"':
                if (!_base64.TryFinish(output[written..], out var last))
                    throw NoBase64();
                written += last;
                _state = State.Comma;
                break;
            case (byte)'\\':
                _state = State.Escape;
                break;
            case (byte)' ':
                // Means nothing in base64.
                break;
            default:
                throw Broken("a string holds a control character");
        }

        return end + 1;
    }

    private int TakeEscape(byte next, Span<byte> output, ref int written)
    {
        Keep(next, LongestNumber);
        if (_text[0] == 'u' && _textLength < 5)
            return 1;
        var value = Unescape();
        _textLength = 0;
        _state = State.Definition;
        if (value is not ((byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)' '))
            Decode([value], output, ref written);
        return 1;
    }

    private void Decode(ReadOnlySpan<byte> text, Span<byte> output, ref int written)
    {
        if (!_base64.TryDecode(text, output[written..], out var decoded))
            throw NoBase64();
        written += decoded;
    }

    private byte Unescape() => _text[0] switch
    {
        (byte)'/' => (byte)'/',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'u' => UnescapeHex(),
        (byte)'"' or (byte)'\\' or (byte)'b' or (byte)'f' => throw NoBase64(),
        _ => throw Broken("a string holds an unknown escape"),
    };

    private byte UnescapeHex()
    {
        if (!ushort.TryParse(_text.AsSpan(1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Broken("a string holds an unknown escape");
        return code < 0x80 ? (byte)code : throw NoBase64();
    }

    private void EndName()
    {
        var name = NameOf(_text.AsSpan(0, _textLength));
        _textLength = 0;
        _member = name switch
        {
            "definition" => Member.Definition,
            "total_definition_length" => Member.TotalLength,
            "total_parts" => Member.TotalParts,
            _ => throw new MlException(MlErrorKind.ContentParse, $"[{Owner}] unknown field [{name}]"),
        };
        if (_seen.HasFlag(_member))
            throw Broken($"duplicate field [{name}]");
        _seen |= _member;
        _state = State.Colon;
    }

    private void EndNumber()
    {
        var text = _text.AsSpan(0, _textLength);
        var isNumber = JsonNumber.TryParseToken(text, out var value);
        if (!isNumber)
            throw WrongType();
        _textLength = 0;
        if (_member == Member.TotalLength)
            TotalLengthBytes = value;
        else
            TotalParts = value;
        _state = State.Comma;
    }

    private void Keep(byte next, int longest)
    {
        if (_textLength == longest)
            throw Broken(_state == State.Name ? $"a field name is longer than [{longest}] bytes" : $"a number is longer than [{longest}] bytes");
        _text[_textLength++] = next;
    }

    private static string NameOf(ReadOnlySpan<byte> raw)
    {
        if (!Utf8.IsValid(raw))
            throw Broken("a field name is not valid UTF-8");
        try
        {
            var reader = new Utf8JsonReader([(byte)'"', .. raw, (byte)'"']);
            reader.Read();
            return reader.GetString()!;
        }
        catch (Exception bad) when (bad is JsonException or InvalidOperationException)
        {
            throw Broken("a field name is not a valid JSON string");
        }
    }

    private MlException WrongType()
    {
        var name = _member switch { Member.Definition => "definition", Member.TotalLength => "total_definition_length", _ => "total_parts" };
        var kept = _textLength == 0 ? "" : $", was [{Encoding.ASCII.GetString(_text, 0, _textLength)}]";
        return new(MlErrorKind.ContentParse,
            $"[{Owner}] failed to parse field [{name}]: it must be {(_member == Member.Definition ? "a string in base64" : "an integer")}{kept}");
    }

    private static MlException NoBase64() => new(MlErrorKind.ContentParse, $"[{Owner}] failed to parse field [definition]: it is not valid base64");

    private static MlException Broken(string problem) => new(MlErrorKind.ContentParse, $"The body is not valid JSON: {problem}");
}
