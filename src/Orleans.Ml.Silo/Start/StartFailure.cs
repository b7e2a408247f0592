using System.Net.Sockets;
using Azure;
using Azure.Identity;

namespace Orleans.Ml.Silo.Start;

/// <summary>The node cannot start for a reason that its operator can remove; the message says it plainly.</summary>
internal sealed class StartFailure(string message) : Exception(message)
{
    /// <summary>What an operator should read instead of a stack trace; null when the failure is ours.</summary>
    public static string? Explain(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case StartFailure or MlException:
                    return cause.Message;
                case RequestFailedException refused:
                    return $"The Azure Storage account {(refused.Status == 0 ? "cannot be reached" : $"refuses: {refused.Status} {refused.ErrorCode}")}.";
                case AuthenticationFailedException:
                    return "This process cannot prove its identity to the Azure Storage account: give it a managed identity, or use a connection string.";
                case SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return $"A port is in use: {failure.Message}";
            }
        }

        return null;
    }
}
