using System.Buffers;
using System.Text;

namespace Orleans.Ml.Storage.Files;

/// <summary>
/// Turns an id into the name of one file or folder and back. Different ids give different names also where a file system ignores case, and no id
/// gives a name that leaves its folder. Lower-case letters, digits, '-', '_' and inner dots stay; every other byte of the UTF-8 text becomes '%xx'.
/// </summary>
internal static class PathSegment
{
    /// <summary>Longest name, in bytes: file systems end at 255, and a temporary name adds <c>+{32 digits}.tmp</c>.</summary>
    public const int MaxLength = 200;

    private static readonly SearchValues<byte> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_."u8);
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name that stands for an id.</summary>
    /// <param name="id">Any text.</param>
    /// <param name="what">What the id is, for the reason.</param>
    /// <exception cref="MlException"><see cref="MlErrorKind.IllegalArgument"/>: empty, too long, or not a text.</exception>
    public static string Encode(string id, string what)
    {
        if (string.IsNullOrEmpty(id))
            throw new MlException(MlErrorKind.IllegalArgument, $"[{what}] must not be empty");
        byte[] bytes;
        try
        {
            bytes = StrictUtf8.GetBytes(id);
        }
        catch (EncoderFallbackException)
        {
            throw new MlException(MlErrorKind.IllegalArgument, $"[{what}] is not a valid text: it holds half of a surrogate pair");
        }

        var name = new StringBuilder(bytes.Length);
        foreach (var value in bytes)
        {
            // A dot at the start could make '.' or '..' or a hidden file.
            if (Plain.Contains(value) && (value != '.' || name.Length > 0))
                name.Append((char)value);
            else
                name.Append('%').Append(Convert.ToHexStringLower([value]));
        }

        return name.Length <= MaxLength
            ? name.ToString()
            : throw new MlException(MlErrorKind.IllegalArgument, $"[{what}] is too long to be stored: [{name.Length}] bytes, the limit is [{MaxLength}]");
    }

    /// <summary>The id a name stands for; null when no id gives that name.</summary>
    public static string? Decode(string name)
    {
        var id = Uri.UnescapeDataString(name);
        try
        {
            return id.Length > 0 && Encode(id, "name") == name ? id : null;
        }
        catch (MlException)
        {
            return null;
        }
    }
}
