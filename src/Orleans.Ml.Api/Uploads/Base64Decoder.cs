using System.Buffers;
using System.Buffers.Text;

namespace Orleans.Ml.Api.Uploads;

/// <summary>Decodes base64 that arrives in pieces. The last whole group of four is held back until it is known whether it may be padded.</summary>
internal sealed class Base64Decoder
{
    private const int Group = 4;

    private readonly byte[] _held = new byte[Group];
    private int _heldCount;

    /// <summary>Decodes what follows; <paramref name="destination"/> must have room for as many bytes as the text has, and 3 more.</summary>
    /// <returns>False when it is no base64.</returns>
    public bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int written)
    {
        written = 0;
        while (!text.IsEmpty)
        {
            if (_heldCount == Group)
            {
                // More text follows, so this group must not be padded.
                if (!TryDecodeWhole(_held, destination, ref written))
                    return false;
                _heldCount = 0;
            }

            if (_heldCount == 0)
            {
                var whole = (text.Length - 1) / Group * Group;
                if (whole > 0 && !TryDecodeWhole(text[..whole], destination, ref written))
                    return false;
                text = text[whole..];
            }

            var taken = Math.Min(Group - _heldCount, text.Length);
            text[..taken].CopyTo(_held.AsSpan(_heldCount));
            _heldCount += taken;
            text = text[taken..];
        }

        return true;
    }

    /// <summary>Decodes the group held back, when the text is over.</summary>
    /// <returns>False when it is no base64.</returns>
    public bool TryFinish(Span<byte> destination, out int written)
    {
        written = 0;
        var held = _heldCount;
        _heldCount = 0;
        return held == 0 || (held == Group && Base64.DecodeFromUtf8(_held, destination, out _, out written) == OperationStatus.Done);
    }

    private static bool TryDecodeWhole(ReadOnlySpan<byte> text, Span<byte> destination, ref int written)
    {
        var status = Base64.DecodeFromUtf8(text, destination[written..], out var consumed, out var decoded, isFinalBlock: false);
        written += decoded;
        return status == OperationStatus.Done && consumed == text.Length;
    }
}
