using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Orleans.Ml.Placement;

namespace Orleans.Ml.Silo.Options;

/// <summary>The options of the command line, each with its help and the check that needs no other option.</summary>
internal static partial class NodeArguments
{
    private const int MaxPort = 65535;

    public static readonly Option<int> Port = Number("--port", "PORT", MaxPort, "Port of the HTTP API.", defaultValue: 9200);

    public static readonly Option<string> Data = new("--data")
    {
        Description = "Directory for models and state; created when it is not there.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./data",
    };

    public static readonly Option<int> Processors = Number("--processors", "N", 65536,
        "Allocated processors: how many threads normal deployments may use together. Default: the machine's.");

    public static readonly Option<long> Memory = new("--memory")
    {
        Description = "Memory that deployments may use, such as 4gb. Default: 80 % of what the machine or the container allows.",
        HelpName = "BYTES",
        CustomParser = ParseBytes,
    };

    public static readonly Option<string> Name = new("--name")
    {
        Description = "The node's name: letters, digits, '.', '_' and '-'.",
        HelpName = "NODE",
        DefaultValueFactory = _ => "node-1",
        Validators = { CheckName },
    };

    public static readonly Option<bool> NoSamples = new("--no-samples") { Description = "Do not register and start the sample models." };

    public static readonly Option<string> Samples = new("--samples")
    {
        Description = "Directory of the sample models. Default: samples/models of the clone.",
        HelpName = "DIR",
    };

    public static readonly Option<IPAddress> Address = new("--host")
    {
        Description = "Address of the HTTP API. Anything but loopback needs --allow-insecure-bind.",
        HelpName = "ADDRESS",
        CustomParser = ParseAddress,
        DefaultValueFactory = _ => IPAddress.Loopback,
    };

    public static readonly Option<bool> AllowInsecureBind = new("--allow-insecure-bind")
    {
        Description = "Let --host be reachable from other machines although nobody is asked for a password.",
    };

    public static readonly Option<int> SiloPort = Number("--silo-port", "PORT", MaxPort, "Port between nodes, loopback only. Default: the HTTP port + 100.");

    public static readonly Option<int> GatewayPort = Number("--gateway-port", "PORT", MaxPort, "Port for Orleans clients, loopback only. Default: the HTTP port + 200.");

    public static readonly Option<int> Cluster = Number("--cluster", "N", 64,
        "Start N nodes and the Redis server they share as processes of this machine, on the ports that follow --port. Processors and memory are divided by N.");

    public static readonly Option<string> Redis = new("--redis")
    {
        Description = "Join the cluster whose membership and state are in this Redis server, such as 127.0.0.1:9500.",
        HelpName = "SERVER",
    };

    public static readonly Option<string> AzureStorage = new("--azure-storage")
    {
        Description = "Join the cluster whose membership, state and models are in this Azure Storage account: its blob address, for which the process's own identity is used, "
            + "or a connection string, which is better told by --azure-storage-file or ORLEANS_ML_AZURE_STORAGE.",
        HelpName = "ACCOUNT",
    };

    public static readonly Option<string> AzureStorageFile = new("--azure-storage-file")
    {
        Description = "File that holds what --azure-storage would.",
        HelpName = "FILE",
    };

    public static readonly Option<string> Zone = new("--zone")
    {
        Description = "The node's zone; allocations are balanced over zones.",
        HelpName = "ZONE",
        DefaultValueFactory = _ => "",
    };

    public static readonly Option<NodeRoles> Roles = new("--roles")
    {
        Description = "What the node is for: compute (runs models), frontend (answers HTTP), or both.",
        HelpName = "ROLES",
        CustomParser = ParseRoles,
        DefaultValueFactory = _ => NodeRoles.Compute | NodeRoles.Frontend,
    };

    public static readonly Option<bool> ZeroTokenTypes = new("--zero-token-types")
    {
        Description = "Give both texts of a pair token type 0, as Elasticsearch does, instead of 0 and 1, with which models are trained. Give it to all nodes.",
    };

    public static readonly Option<string> JapaneseDictionary = new("--japanese-dictionary")
    {
        Description = "Folder of the MeCab dictionary (IPADIC in UTF-8) for the tokenizer bert_ja; default: that of Debian's mecab-ipadic-utf8.",
        HelpName = "DIR",
    };

    public static readonly Option<bool> JapaneseSearchMode = new("--japanese-search-mode")
    {
        Description = "Let bert_ja split compounds and take white space for unknown words, as Elasticsearch does, instead of finding MeCab's words, with which models " +
            "are trained. Give it to all nodes.",
    };

    /// <summary>A whole number from 1 to <paramref name="most"/>; 0 when it is not given and has no default.</summary>
    private static Option<int> Number(string name, string helpName, int most, string description, int? defaultValue = null)
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

    private static void CheckName(OptionResult result)
    {
        if (result.Tokens is [var token] && !NodeName().IsMatch(token.Value))
            result.AddError($"--name may hold 1 to 64 letters, digits, '.', '_' and '-', was [{token.Value}].");
    }

    private static long ParseBytes(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!ByteSize.TryParse(text, out var bytes) || bytes < 1)
            result.AddError($"--memory must be a byte size such as 512mb or 4gb, was [{text}].");
        return bytes;
    }

    private static NodeRoles ParseRoles(ArgumentResult result)
    {
        var roles = NodeRoles.None;
        foreach (var role in result.Tokens[0].Value.Split(','))
        {
            roles |= role switch
            {
                "compute" => NodeRoles.Compute,
                "frontend" => NodeRoles.Frontend,
                _ => NodeRoles.None,
            };
            if (role is not ("compute" or "frontend"))
                result.AddError($"--roles may name compute and frontend, separated by a comma, was [{result.Tokens[0].Value}].");
        }

        return roles;
    }

    private static IPAddress ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text == "localhost")
            return IPAddress.Loopback;
        if (!IPAddress.TryParse(text, out var address))
            result.AddError($"--host must be an IP address or localhost, was [{text}].");
        return address ?? IPAddress.Loopback;
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NodeName();
}
