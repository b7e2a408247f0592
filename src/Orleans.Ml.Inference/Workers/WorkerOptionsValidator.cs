using Microsoft.Extensions.Options;

namespace Orleans.Ml.Inference.Workers;

/// <summary>Checks the ranges of <see cref="WorkerOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class WorkerOptionsValidator : IValidateOptions<WorkerOptions>;
