using System.Globalization;
using Orleans.Ml.Benchmarks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var scenarios = new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
{
    ["overhead"] = ServingOverhead.RunAsync,
    ["noop"] = NoOpThroughput.RunAsync,
    ["start"] = StartTime.RunAsync,
    ["memory"] = WorkerMemory.RunAsync,
    ["reject"] = RejectionTime.RunAsync,
    ["tokenizers"] = TokenizerSpeed.RunAsync,
    ["planner"] = PlannerTime.RunAsync,
};
var chosen = args.Length == 0 ? [.. scenarios.Keys] : args;
if (chosen.FirstOrDefault(name => !scenarios.ContainsKey(name)) is { } unknown)
{
    Report.Line($"There is no benchmark [{unknown}]; there are: {string.Join(", ", scenarios.Keys)}");
    return 2;
}

Report.Machine();
foreach (var name in chosen)
    await scenarios[name]();
return 0;
