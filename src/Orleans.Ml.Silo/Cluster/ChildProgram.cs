namespace Orleans.Ml.Silo.Cluster;

/// <summary>What one process of the cluster is.</summary>
/// <param name="Name">How its lines begin.</param>
/// <param name="Path">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="DeathSignal">What the kernel sends it when this process dies: <c>KILL</c>, or <c>TERM</c> for one that has something to save.</param>
internal sealed record ChildProgram(string Name, string Path, IReadOnlyList<string> Arguments, string DeathSignal = "KILL");
