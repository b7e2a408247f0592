using Microsoft.AspNetCore.Http;

namespace Orleans.Ml.Api.Wire;

/// <summary>The answers that only say yes.</summary>
internal static class Acknowledged
{
    public static Task WriteAsync(HttpContext context, string member = "acknowledged") =>
        JsonAnswer.WriteAsync(context, member, static (writer, name) =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean(name, true);
            writer.WriteEndObject();
        });
}
