using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Ml.Client;
using Orleans.Ml.Models;

namespace Orleans.Ml.Api.Tests.Fakes;

/// <summary>The API in a test server, with fakes behind it.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, HttpClient client) => (_app, Client) = (app, client);

    public FakeCluster Cluster { get; private init; } = null!;

    public FakeRouter Router { get; private init; } = null!;

    public HttpClient Client { get; }

    public TestServer Server => _app.GetTestServer();

    public IServiceProvider Services => _app.Services;

    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="onKestrel">Whether requests come over a socket: for what the server itself does with them.</param>
    /// <param name="configure">Options of the API.</param>
    public static async Task<ApiHost> StartAsync(TimeProvider? time = null, Action<ILoggingBuilder>? logging = null, bool onKestrel = false,
        Action<OrleansMlApiOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        if (onKestrel)
            builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.UseOrleansMlApi()));
        else
            builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        var cluster = new FakeCluster();
        var router = new FakeRouter();
        if (time is not null)
            builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<IGrainFactory>(cluster).AddSingleton<IModelStore>(cluster.Store).AddSingleton<IInferenceRouter>(router);
        builder.Services.AddSingleton<AliasCache>();
        builder.Services.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("ml", "ml"));
        builder.Services.AddOrleansMlApi(o =>
        {
            o.NodeName = "node-1";
            configure?.Invoke(o);
        });
        var app = builder.Build();
        app.MapOrleansMlApi();
        await app.StartAsync();
        var client = onKestrel ? new HttpClient { BaseAddress = new(app.Urls.Single()) } : app.GetTestClient();
        return new(app, client) { Cluster = cluster, Router = router };
    }

    public async Task<Answer> SendAsync(string method, string uri, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(uri, UriKind.Relative));
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase);
        return new(response.StatusCode, text, headers);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>An answer as it came.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? ContentType => Headers.GetValueOrDefault("Content-Type");

    public System.Text.Json.JsonElement Json => System.Text.Json.JsonElement.Parse(Body);

    public string? ErrorType => Json.GetProperty("error").GetProperty("type").GetString();

    public string Reason => Json.GetProperty("error").GetProperty("reason").GetString()!;
}
