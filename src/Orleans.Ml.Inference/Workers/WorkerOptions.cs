using System.ComponentModel.DataAnnotations;

namespace Orleans.Ml.Inference.Workers;

/// <summary>How this node runs its worker processes.</summary>
public sealed class WorkerOptions
{
    /// <summary>Folder of the worker's executable; relative to the program's own files. Default: <c>worker</c>.</summary>
    [Required]
    public string Directory { get; set; } = "worker";

    /// <summary>Longest time from spawning a process to its connection. A slower one is killed, which counts as a crash. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan ConnectLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest time for loading a model and warming it up. A model that takes longer has failed, without restarts: they would take as long.
    /// Default: 3 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan LoadLimit { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Longest time for one request in a worker, all rows of the document together. A worker that takes longer is killed, which counts as a crash,
    /// because a forward cannot be cancelled. Far above what clients wait for: their timeouts must never kill. Default: 2 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan ForwardLimit { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long running requests may go on when a worker is stopped, before they are failed. Default: not at all, because the engine has waited for them
    /// before it stops a worker.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan StopLimit { get; set; }

    /// <summary>Wait before the first restart of a crashed worker; doubled for each further one. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RestartDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Most bytes of one answer as float32; larger ones are errors of the model. Default: 64 MB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int MaxOutputBytes { get; set; } = 64 * 1024 * 1024;
}
