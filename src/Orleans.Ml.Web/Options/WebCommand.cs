using System.CommandLine;
using System.Net;
using Orleans.Ml.CommandLine;

namespace Orleans.Ml.Web.Options;

/// <summary>The command line of a frontend. What it does not say comes from the environment, for containers.</summary>
internal static class WebCommand
{
    private static readonly Option<int> Port = HttpArguments.Port(9300);

    private static readonly Option<string> Redis = new("--redis")
    {
        Description = "Join the cluster whose nodes share this Redis server, such as 127.0.0.1:9500.",
        HelpName = "SERVER",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "The directory of models that the nodes share; with --redis only.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
    };

    /// <summary>Reads the arguments and runs the frontend.</summary>
    /// <returns>The exit code: 0 after an orderly stop, 2 for a wrong option.</returns>
    public static Task<int> InvokeAsync(string[] arguments, Func<WebSettings, Task> runAsync)
    {
        Option[] tellable = [HttpArguments.Host, Port, HttpArguments.AllowInsecureBind, Redis, Data];
        var command = new RootCommand("A frontend of an Orleans.Ml cluster: the same API as its nodes, without models of its own. "
            + "Each option can be a variable of the environment, such as ORLEANS_ML_PORT for --port.");
        foreach (var option in (Option[])[.. tellable, AzureStorageArguments.Account, AzureStorageArguments.AccountFile])
            command.Options.Add(option);
        command.SetAction((parsed, _) => RunAsync(parsed, runAsync));
        return CommandRun.InvokeAsync(
            command.Parse(EnvironmentArguments.Complete(command, arguments, tellable, Environment.GetEnvironmentVariable)), new InvocationConfiguration());
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<WebSettings, Task> runAsync)
    {
        var error = parsed.InvocationConfiguration.Error;
        if (!AzureStorageArguments.TryRead(parsed, Environment.GetEnvironmentVariable, out var account, out var unreadable))
            return await CommandRun.RefuseAsync(error, unreadable);
        var settings = new WebSettings(
            parsed.GetRequiredValue(HttpArguments.Host), parsed.GetValue(Port), parsed.GetValue(Redis), account, Path.GetFullPath(parsed.GetRequiredValue(Data)));
        if (ProblemWith(settings, parsed.GetValue(HttpArguments.AllowInsecureBind)) is { } problem)
            return await CommandRun.RefuseAsync(error, problem);
        await runAsync(settings);
        return 0;
    }

    private static string? ProblemWith(WebSettings settings, bool isInsecureBindAllowed) => settings switch
    {
        { Redis: null, AzureStorage: null } => "Say which cluster this is a frontend of: --redis, --azure-storage or --azure-storage-file.",
        { Redis: not null, AzureStorage: not null } => "A cluster has one place for its state: give either --azure-storage or --redis.",
        { Address: var address } => HttpArguments.ProblemWith("--host", address, IPAddress.IsLoopback(address), isInsecureBindAllowed),
    };
}
