using System.CommandLine;
using System.Globalization;

namespace Orleans.Ml.CommandLine;

/// <summary>Options that are whole numbers.</summary>
public static class NumberOption
{
    /// <summary>A whole number from 1 to <paramref name="most"/>; 0 when it is not given and has no default.</summary>
    /// <param name="name">Its name, with dashes.</param>
    /// <param name="helpName">What the help calls its value.</param>
    /// <param name="most">The largest that is allowed.</param>
    /// <param name="description">Its help.</param>
    /// <param name="defaultValue">Its default.</param>
    public static Option<int> Create(string name, string helpName, int most, string description, int? defaultValue = null)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= most)
                    return value;
                result.AddError($"{name} must be a whole number from 1 to {most}, was [{text}].");
                return 0;
            },
        };
        if (defaultValue is { } value)
            option.DefaultValueFactory = _ => value;
        return option;
    }
}
