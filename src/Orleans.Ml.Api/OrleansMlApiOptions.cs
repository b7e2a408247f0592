using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Orleans.Ml.Api;

/// <summary>What the API says about the process that serves it.</summary>
public sealed class OrleansMlApiOptions
{
    /// <summary>Shown as <c>name</c> by <c>GET /</c>. Default: the machine's name; a silo sets its own.</summary>
    [Required]
    public string NodeName { get; set; } = Environment.MachineName;

    /// <summary>Defaults and limits of <c>_start</c>.</summary>
    [ValidateObjectMembers]
    public StartOptions Start { get; } = new();
}
