namespace Orleans.Ml.Worker;

/// <summary>The model's answer is of no use; the message says why in words for its owner.</summary>
internal sealed class ModelException(string message) : Exception(message);
