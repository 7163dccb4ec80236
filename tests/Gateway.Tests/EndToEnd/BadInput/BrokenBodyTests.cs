using System.Text;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Bodies that are no JSON, or not the JSON that was asked for.</summary>
[Collection(typeof(HostileClients))]
public sealed class BrokenBodyTests(HostileGateway gateway)
{
    private const int Deep = 10_000;
    private static readonly byte[] NoUtf8 = [0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80];

    private static IEnumerable<(string Name, byte[] Body)> Broken =>
    [
        ("nothing", []),
        ("null", "null"u8.ToArray()),
        ("a text", "\"x\""u8.ToArray()),
        ("an array", "[]"u8.ToArray()),
        ("zeros", new byte[1000]),
        ("random", [.. Enumerable.Range(0, 5000).Select(i => (byte)((i * 73) ^ (i >> 3)))]),
        ("cut off", """{"model":"base","prompt":"x","""u8.ToArray()),
        ("cut off in an escape", """{"model":"base","prompt":"\u00"""u8.ToArray()),
        ("two values", """{"model":"base","prompt":"x"}{"model":"base","prompt":"x"}"""u8.ToArray()),
        ("a comment", """{"model":"base",/* */"prompt":"x"}"""u8.ToArray()),
        ("a trailing comma", """{"model":"base","prompt":"x",}"""u8.ToArray()),
        ("a key twice", """{"model":"base","prompt":"x","prompt":"y"}"""u8.ToArray()),
        ("a key twice, once escaped", """{"model":"base","prompt":"x","p\u0072ompt":"y"}"""u8.ToArray()),
        ("a key twice, deep", """{"model":"base","prompt":"x","metadata":{"a":1,"a":2}}"""u8.ToArray()),
        ("arrays in arrays", Utf8($$"""{"model":"base","prompt":{{new string('[', Deep)}}{{new string(']', Deep)}}}""")),
        ("arrays in arrays, ignored", Utf8($$"""{"model":"base","prompt":"x","metadata":{{new string('[', Deep)}}{{new string(']', Deep)}}}""")),
        ("objects in objects", Utf8(string.Concat(Enumerable.Repeat("{\"a\":", Deep)) + "1" + new string('}', Deep))),
        ("open to the end", Utf8(new string('[', 1_000_000))),
        ("no UTF-8 in a value", [.. """{"model":"base","prompt":"a"""u8, .. NoUtf8, .. "\"}"u8]),
        ("no UTF-8 in a name", [.. """{"model":"base","prompt":"x","a"""u8, .. NoUtf8, .. "\":1}"u8]),
        ("no UTF-8 in the model", [.. """{"prompt":"x","model":"base"""u8, .. NoUtf8, .. "\"}"u8]),
        ("half a surrogate pair", """{"model":"base","prompt":"a\ud83d"}"""u8.ToArray()),
        ("half a surrogate pair as a name", """{"model":"base","prompt":"x","logit_bias":{"\udc00":1}}"""u8.ToArray()),
        ("half a surrogate pair where nothing is honoured", """{"model":"base","prompt":"x","suffix":"\ud83d"}"""u8.ToArray()),
        ("half a surrogate pair in a list", """{"model":"base","prompt":["x","\ud83d"]}"""u8.ToArray()),
        ("UTF-16", Encoding.Unicode.GetBytes("""{"model":"base","prompt":"x"}""")),
        ("compressed", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    ];

    [Fact]
    public async Task BrokenBody_IsRefusedAsSuch()
    {
        var faults = new List<string>();
        foreach (var path in (string[])["/v1/completions", "/v1/chat/completions", "/v1/adapters/kept/aliases/latest"])
        {
            foreach (var (name, body) in Broken)
            {
                var response = await RawConnection.AskAsync(gateway.Process.Http, gateway.Whole("POST", path, body));
                if (response is not { Status: 400, Code: "invalid_value" })
                {
                    faults.Add($"{path}, {name}: {response.Status} {response.Body}");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/grpc")]
    public async Task ContentType_OfAnotherKind_ChangesNothing(string type)
    {
        // The body alone counts: many clients name no type, or the wrong one.
        var sound = await RawConnection.AskAsync(
            gateway.Process.Http, gateway.Whole("POST", "/v1/completions", """{"model":"base","prompt":"x","max_tokens":1}"""u8.ToArray(), $"Content-Type: {type}"));
        var broken = await RawConnection.AskAsync(gateway.Process.Http, gateway.Whole("POST", "/v1/completions", "{"u8.ToArray(), $"Content-Type: {type}"));

        Assert.Equal(200, sound.Status);
        Assert.Equal((400, "invalid_value"), (broken.Status, broken.Code));
    }

    [Fact]
    public async Task ByteOrderMarkAndUnknownFields_AreLeftAlone()
    {
        byte[] marked = [0xef, 0xbb, 0xbf, .. """{"model":"base","prompt":"x","max_tokens":1,"user":"u","metadata":{"a":[{}]},"x y":null}"""u8];

        Assert.Equal(200, (await RawConnection.AskAsync(gateway.Process.Http, gateway.Completion(marked))).Status);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
