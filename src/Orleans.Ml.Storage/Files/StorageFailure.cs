using System.Runtime.InteropServices;

namespace Orleans.Ml.Storage.Files;

/// <summary>What the file system refuses, said without naming its paths.</summary>
internal static class StorageFailure
{
    /// <summary>Whether the file system, and not the caller, is to blame.</summary>
    public static bool IsOne(Exception exception) => exception is IOException and not FileNotFoundException or UnauthorizedAccessException;

    /// <summary>The error for the caller: <see cref="MlErrorKind.Unavailable"/>, which clients repeat.</summary>
    public static MlException Of(Exception exception, string action) =>
        new(MlErrorKind.Unavailable, $"The model store cannot {action}: {ReasonOf(exception)}");

    private static string ReasonOf(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException => "its folder is not there",
        // .NET puts the error number of the system call there; its message would hold the path.
        { HResult: > 0 and < 4096 } => Marshal.GetPInvokeErrorMessage(exception.HResult),
        _ => exception.GetType().Name,
    };
}
