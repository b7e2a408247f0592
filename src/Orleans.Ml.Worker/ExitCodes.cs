namespace Orleans.Ml.Worker;

/// <summary>How a worker ends by itself.</summary>
internal static class ExitCodes
{
    /// <summary>The node closed the connection, or the model could not be loaded and the node was told why.</summary>
    public const int Done = 0;

    /// <summary>A benchmark could not be run.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 64;

    /// <summary>The node sent what no frame may look like, or the worker could not answer.</summary>
    public const int Protocol = 76;

    /// <summary>The process that started this one is gone.</summary>
    public const int ParentGone = 77;
}
