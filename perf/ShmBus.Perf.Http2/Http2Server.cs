using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ShmBus.Perf.Http2;

/// <summary>Kestrel with nothing around it, neither configuration nor logs, on a Unix socket and without TLS.</summary>
public sealed class Http2Server : IDisposable
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<Http2Exchange, Task<bool>> _handle;
    private readonly WebApplication _application;

    /// <summary>Accepts connections. Requests wait until <see cref="Run"/>.</summary>
    /// <param name="path">Of the socket.</param>
    /// <param name="window">How many bytes may be on their way; not less than Kestrel allows unless told.</param>
    /// <param name="handle">Handles a request. False if it was the last one.</param>
    public Http2Server(string path, int window, Func<Http2Exchange, Task<bool>> handle)
    {
        _handle = handle;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2);
            // A stream is as long and as slow as it likes.
            KestrelServerLimits limits = options.Limits;
            limits.MaxRequestBodySize = null;
            limits.MinRequestBodyDataRate = null;
            limits.Http2.InitialConnectionWindowSize = Math.Max(limits.Http2.InitialConnectionWindowSize, window);
            limits.Http2.InitialStreamWindowSize = Math.Max(limits.Http2.InitialStreamWindowSize, window);
        });
        _application = builder.Build();
        _application.Run(HandleAsync);
        _application.StartAsync().GetAwaiter().GetResult();
    }

    /// <summary>Handles requests until the last one is answered.</summary>
    public void Run()
    {
        _begun.SetResult();
        _ended.Task.GetAwaiter().GetResult();
    }

    /// <summary>Lets the last answer get through.</summary>
    public void Dispose()
    {
        _application.StopAsync().GetAwaiter().GetResult();
        ((IDisposable)_application).Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        await _begun.Task.ConfigureAwait(false);
        try
        {
            if (await _handle(new Http2Exchange(context)).ConfigureAwait(false))
                return;
            context.Response.OnCompleted(() =>
            {
                _ended.SetResult();
                return Task.CompletedTask;
            });
        }
        catch (Exception e)
        {
            _ended.TrySetException(e);
            throw;
        }
    }
}
