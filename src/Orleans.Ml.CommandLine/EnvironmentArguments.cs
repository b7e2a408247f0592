using System.CommandLine;

namespace Orleans.Ml.CommandLine;

/// <summary>What the command line does not say, the environment may, for containers: <c>--silo-port</c> is <c>ORLEANS_ML_SILO_PORT</c> there.</summary>
public static class EnvironmentArguments
{
    /// <summary>The variable of an option.</summary>
    public static string Variable(Option option) => "ORLEANS_ML_" + option.Name[2..].Replace('-', '_').ToUpperInvariant();

    /// <summary>The arguments and, behind them, what the environment says of the options that they do not name; an empty variable says nothing.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arguments">As the process got them.</param>
    /// <param name="options">The options of the command that the environment may tell.</param>
    /// <param name="environment">Looks a variable up.</param>
    public static string[] Complete(Command command, string[] arguments, IEnumerable<Option> options, Func<string, string?> environment)
    {
        var said = command.Parse(arguments);
        return
        [
            .. arguments,
            .. from option in options
               where said.GetResult(option) is null or { Implicit: true }
               let value = environment(Variable(option))
               where !string.IsNullOrEmpty(value)
               select $"{option.Name}={value}",
        ];
    }
}
