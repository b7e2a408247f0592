using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orleans.Ml.Testing.Servers;

/// <summary>Stands in front of a storage account and does to some of its requests what a test wants. Signatures stay valid: they do not cover the host.</summary>
internal sealed class AccountProxy : IAsyncDisposable
{
    private static readonly string[] OfTheConnection = ["Connection", "Keep-Alive", "Transfer-Encoding", "Host", "Expect"];

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly WebApplication _app;
    private readonly Uri _blobs;
    private readonly Uri _tables;
    private volatile AccountFault? _fault;

    private AccountProxy(string connectionString)
    {
        _blobs = EndpointOf(connectionString, "BlobEndpoint");
        _tables = EndpointOf(connectionString, "TableEndpoint");
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            server.Limits.MaxRequestBodySize = null;
            server.Listen(IPAddress.Loopback, 0);
            server.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>The account behind the proxy.</summary>
    public string ConnectionString { get; private set; } = "";

    public static async Task<AccountProxy> StartAsync(string connectionString)
    {
        var proxy = new AccountProxy(connectionString);
        await proxy._app.StartAsync();
        var ports = proxy._app.Urls.Select(url => new Uri(url).Port).ToList();
        proxy.ConnectionString = connectionString
            .Replace(proxy._blobs.Authority, $"127.0.0.1:{ports[0]}", StringComparison.Ordinal)
            .Replace(proxy._tables.Authority, $"127.0.0.1:{ports[1]}", StringComparison.Ordinal);
        proxy.BlobPort = ports[0];
        return proxy;
    }

    private int BlobPort { get; set; }

    /// <summary>Does something to every request that it applies to, until it is disposed.</summary>
    public AccountFault Inject(AccountFault fault)
    {
        fault.OnEnded = () => _fault = null;
        return _fault = fault;
    }

    public async ValueTask DisposeAsync()
    {
        _fault?.Dispose();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private static Uri EndpointOf(string connectionString, string name) =>
        new(connectionString.Split(';').Single(part => part.StartsWith($"{name}=", StringComparison.Ordinal))[(name.Length + 1)..]);

    private async Task ServeAsync(HttpContext context)
    {
        var fault = _fault is { } current && current.Takes(context.Request) ? current : null;
        if (fault?.Answer is { } answer)
        {
            answer(context.Response);
            return;
        }

        if (fault is { IsDoneFirst: false })
        {
            await fault.HoldAsync();
            // Not handed on: who asked may be dead without the server's having seen that, and the account has not heard of it.
            context.Abort();
            return;
        }

        using var request = RequestOf(context);
        using var response = await _http.SendAsync(request, context.RequestAborted);
        if (fault is { IsDoneFirst: true })
            await fault.HoldAsync();
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !OfTheConnection.Contains(header.Key)))
            context.Response.Headers[name] = new([.. values]);
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private HttpRequestMessage RequestOf(HttpContext context)
    {
        var behind = context.Connection.LocalPort == BlobPort ? _blobs : _tables;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{behind.Authority}{target}"), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new(context.Request.Method), address);
        if (context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers.Where(header => !OfTheConnection.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, [.. values]))
                request.Content?.Headers.TryAddWithoutValidation(name, [.. values]);
        }

        return request;
    }
}
