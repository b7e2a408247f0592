namespace Orleans.Ml.Inference.Protocol;

/// <summary>The other end sent what no frame may look like; the connection cannot be read any further.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
