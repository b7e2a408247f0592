using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Orleans.Ml.CommandLine;

/// <summary>Where a program listens, and who may reach it there.</summary>
public static class HttpArguments
{
    /// <summary>Address of the HTTP API.</summary>
    public static readonly Option<IPAddress> Host = new("--host")
    {
        Description = "Address of the HTTP API. Anything but loopback needs --allow-insecure-bind.",
        HelpName = "ADDRESS",
        CustomParser = ParseAddress,
        DefaultValueFactory = _ => IPAddress.Loopback,
    };

    /// <summary>Whether listening on more than loopback is meant.</summary>
    public static readonly Option<bool> AllowInsecureBind = new("--allow-insecure-bind")
    {
        Description = "Let the process be reachable from other machines although nobody is asked for a password.",
    };

    /// <summary>Port of the HTTP API.</summary>
    /// <param name="usual">The program's default.</param>
    public static Option<int> Port(int usual) => NumberOption.Create("--port", "PORT", IPEndPoint.MaxPort, "Port of the HTTP API.", usual);

    /// <summary>Why an address must not be listened on; null when it may.</summary>
    /// <param name="option">The option that names the address.</param>
    /// <param name="address">The address as it was given.</param>
    /// <param name="isLoopback">Whether only this machine reaches it.</param>
    /// <param name="isInsecureBindAllowed">The value of <see cref="AllowInsecureBind"/>.</param>
    public static string? ProblemWith(string option, object address, bool isLoopback, bool isInsecureBindAllowed) => isLoopback || isInsecureBindAllowed
        ? null
        : $"{option} {address} can be reached from other machines, and security is not configured: use a loopback address, or say --allow-insecure-bind.";

    private static IPAddress ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "localhost")
            return IPAddress.Loopback;
        if (!IPAddress.TryParse(text, out var address))
            result.AddError($"--host must be an IP address or localhost, was [{text}].");
        return address ?? IPAddress.Loopback;
    }
}
