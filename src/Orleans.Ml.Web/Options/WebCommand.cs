using System.CommandLine;
using System.Net;

namespace Orleans.Ml.Web.Options;

/// <summary>The command line of a frontend. What it does not say comes from the environment, for containers: <c>--redis</c> from <c>ORLEANS_ML_REDIS</c>.</summary>
internal static class WebCommand
{
    private static readonly Option<IPAddress> Host = Setting("--host", "ADDRESS", "127.0.0.1",
        "Address of the HTTP API. Anything but loopback needs --allow-insecure-bind.", text => text == "localhost" ? IPAddress.Loopback : IPAddress.Parse(text));

    private static readonly Option<int> Port = Setting("--port", "PORT", "9300", "Port of the HTTP API.", text =>
        int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) is var port and > 0 and <= IPEndPoint.MaxPort
            ? port
            : throw new FormatException($"The port must be from 1 to {IPEndPoint.MaxPort}."));

    private static readonly Option<bool> AllowInsecureBind = Setting("--allow-insecure-bind", "true", "false",
        "Let --host be reachable from other machines although nobody is asked for a password.", text => text.Length == 0 || bool.Parse(text));

    private static readonly Option<string> Redis = Setting("--redis", "SERVER", null,
        "The Redis server that the cluster's nodes share, such as 127.0.0.1:9500.", text => text);

    private static readonly Option<string> Data = Setting("--data", "DIR", "./data", "The directory of models that the nodes share.", Path.GetFullPath);

    /// <summary>Reads the arguments and runs the frontend.</summary>
    /// <returns>The exit code: 0 after an orderly stop, 1 for a wrong option.</returns>
    public static Task<int> InvokeAsync(string[] arguments, Func<WebSettings, Task> runAsync)
    {
        AllowInsecureBind.Arity = ArgumentArity.ZeroOrOne;
        var command = new RootCommand("A frontend of an Orleans.Ml cluster: the same API as its nodes, without models of its own.")
        {
            Host, Port, AllowInsecureBind, Redis, Data,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Host) is { } address && !IPAddress.IsLoopback(address) && !result.GetValue(AllowInsecureBind))
                result.AddError($"--host {address} can be reached from other machines, and security is not configured: use a loopback address, or say --allow-insecure-bind.");
        });
        command.SetAction((parsed, _) => runAsync(new(
            parsed.GetRequiredValue(Host), parsed.GetValue(Port), parsed.GetRequiredValue(Redis), parsed.GetRequiredValue(Data))));
        // The host itself listens for Ctrl-C and SIGTERM and takes the time it needs.
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static Option<T> Setting<T>(string name, string helpName, string? usual, string description, Func<string, T> read)
    {
        var variable = "ORLEANS_ML_" + name[2..].Replace('-', '_').ToUpperInvariant();
        var given = Environment.GetEnvironmentVariable(variable);
        var option = new Option<T>(name)
        {
            Description = $"{description} Environment: {variable}.",
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens is [var token] ? token.Value : given ?? usual ?? "";
                try
                {
                    return read(text);
                }
                catch (FormatException wrong)
                {
                    result.AddError($"{name} was [{text}]: {wrong.Message}");
                    return default;
                }
            },
        };
        if ((given ?? usual) is { } text)
            option.DefaultValueFactory = _ => read(text);
        else
            option.Required = true;
        return option;
    }
}
