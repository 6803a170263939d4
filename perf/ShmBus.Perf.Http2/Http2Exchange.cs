using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace ShmBus.Perf.Http2;

/// <summary>A request and its response, without a type of the framework that whoever uses this need not have.</summary>
public readonly struct Http2Exchange
{
    private readonly HttpContext _context;

    internal Http2Exchange(HttpContext context) => _context = context;

    /// <summary>The bytes of the request, where it says how many.</summary>
    public long? Length => _context.Request.ContentLength;

    /// <summary>The body of the request.</summary>
    public PipeReader Body => _context.Request.BodyReader;

    /// <summary>Reads as many bytes of the body.</summary>
    public ValueTask ReadExactlyAsync(Memory<byte> buffer) => _context.Request.Body.ReadExactlyAsync(buffer);

    /// <summary>Answers with these bytes.</summary>
    public async ValueTask AnswerAsync(ReadOnlyMemory<byte> bytes)
    {
        _context.Response.ContentLength = bytes.Length;
        await _context.Response.BodyWriter.WriteAsync(bytes).ConfigureAwait(false);
    }
}
