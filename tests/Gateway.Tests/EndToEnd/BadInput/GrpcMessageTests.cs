using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Herd.Protos.V1;
using Xunit;

namespace Herd.Gateway.Tests.EndToEnd.BadInput;

/// <summary>Every method of every service with messages that are none, or hold nonsense.</summary>
[Collection(typeof(HostileClients))]
public sealed class GrpcMessageTests(HostileGateway gateway)
{
    private const int Nonsense = 12345;
    private const int AtOnce = 4;

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    private static readonly MethodDescriptor[] Methods =
    [
        .. new[]
        {
            GenerationReflection.Descriptor, ConversationsReflection.Descriptor, AdaptersReflection.Descriptor, ModelsReflection.Descriptor,
            TenantsReflection.Descriptor, UsageReflection.Descriptor,
        }.SelectMany(file => file.Services).SelectMany(service => service.Methods),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryMethod_WithNonsense_SaysSoInTheFormOfAllErrors()
    {
        Assert.True(Methods.Length > 20);
        var faults = new List<string>();
        await Parallel.ForEachAsync(
            Methods.SelectMany(method => Messages(method.InputType).Select(message => (method, message))),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancellation },
            async (one, _) =>
            {
                var error = await CallAsync(one.method, one.message.Bytes);
                if (FaultOf(error, one.message.IsUnreadable, one.message.HasField) is { } fault)
                {
                    lock (faults)
                    {
                        faults.Add($"{one.method.FullName}, {one.message.Name}: {fault}");
                    }
                }
            });

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task UnknownMethodsAndServices_AreUnimplementedInTheFormOfAllErrors()
    {
        foreach (var (service, method) in ((string, string)[])[("herd.v1.ModelService", "Nothing"), ("herd.v1.Nothing", "Nothing"), ("..", "x"), ("", "")])
        {
            AssertUnknown(await CallAsync(gateway.Tenant.Channel, MethodType.Unary, service, method, [], SharedGateway.Admin));
            AssertUnknown(await CallAsync(gateway.Tenant.AdminChannel, MethodType.Unary, service, method, [], SharedGateway.Admin));
        }

        await gateway.ExpectUnharmedAsync();
    }

    [Fact]
    public async Task Services_AtTheOthersPort_AreAnsweredLikeUnknownOnes()
    {
        foreach (var method in Methods.Where(method => method.Service.Name != "UsageService"))
        {
            var (channel, metadata) = IsAdmins(method) ? (gateway.Tenant.Channel, SharedGateway.Admin) : (gateway.Tenant.AdminChannel, gateway.Tenant.Metadata);
            var nothing = await CallAsync(channel, MethodType.Unary, "herd.v1.Nothing", "Nothing", [], metadata);
            var error = await CallAsync(channel, MethodType.Unary, method.Service.FullName, method.Name, [], metadata);

            AssertUnknown(error);
            Assert.Equal(nothing!.Status.Detail.Replace("herd.v1.Nothing/Nothing", $"{method.Service.FullName}/{method.Name}", StringComparison.Ordinal), error!.Status.Detail);
        }
    }

    private static void AssertUnknown(RpcException? error) =>
        Assert.Equal((StatusCode.Unimplemented, "UNKNOWN_URL"), (error!.StatusCode, error.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));

    // An error that is none of Herd's table, or a fault of Herd's own, is a fault here.
    private static string? FaultOf(RpcException? error, bool isUnreadable, bool hasField) => error switch
    {
        null => isUnreadable ? "was served" : null,
        { StatusCode: StatusCode.Unknown or StatusCode.Internal or StatusCode.Unavailable or StatusCode.Unimplemented } => error.ToString(),
        _ when error.GetRpcStatus()?.GetDetail<ErrorInfo>() is not { Domain: "herd", Reason.Length: > 0 } => $"has no details: {error}",
        _ when isUnreadable && error.StatusCode != StatusCode.InvalidArgument => error.ToString(),
        { StatusCode: StatusCode.InvalidArgument } when hasField && error.GetRpcStatus()!.GetDetail<BadRequest>() is null && error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason == "INVALID_ARGUMENT" =>
            $"names no field: {error.Status.Detail}",
        _ => null,
    };

    private static IEnumerable<(string Name, byte[] Bytes, bool IsUnreadable, bool HasField)> Messages(MessageDescriptor type)
    {
        yield return ("nothing", [], false, true);
        yield return ("ones", [.. Enumerable.Repeat((byte)0xff, 30)], true, false);
        yield return ("a length beyond the message", [0x0a, 0xff, 0xff, 0xff, 0x7f, 1], true, false);
        yield return ("groups in groups", [.. Enumerable.Repeat((byte)0x0b, 10_000)], true, false);
        yield return ("an unknown field", Field(Nonsense, WireFormat.WireType.Varint, 1), false, true);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            foreach (var (name, bytes, isUnreadable) in Values(field))
            {
                yield return ($"{field.Name}: {name}", bytes, isUnreadable, !isUnreadable);
            }
        }
    }

    private static IEnumerable<(string Name, byte[] Bytes, bool IsUnreadable)> Values(FieldDescriptor field)
    {
        var number = field.FieldNumber;
        switch (field.FieldType)
        {
            case FieldType.String:
                yield return ("no UTF-8", Field(number, [0xff, 0xfe, 0xc3, 0x28]), true);
                yield return ("a zero", Field(number, [(byte)'a', 0, (byte)'b']), false);
                yield return ("long", Field(number, [.. Enumerable.Repeat((byte)'a', 200_000)]), false);
                break;
            case FieldType.Enum:
                yield return ("no value of it", Field(number, WireFormat.WireType.Varint, Nonsense), false);
                break;
            case FieldType.Int32 or FieldType.Int64 or FieldType.UInt64 or FieldType.Bool:
                yield return ("negative", Field(number, WireFormat.WireType.Varint, ulong.MaxValue), false);
                yield return ("huge", Field(number, WireFormat.WireType.Varint, int.MaxValue), false);
                break;
            case FieldType.Message:
                yield return ("no message", Field(number, [0xff, 0xff]), true);
                foreach (var (name, bytes, isUnreadable) in field.MessageType.Fields.InDeclarationOrder().SelectMany(Values).Where(value => value.Bytes.Length < 1000))
                {
                    yield return ($"in it, {name}", Field(number, bytes), isUnreadable);
                }

                break;
        }
    }

    private static byte[] Field(int number, byte[] value) => Write(output =>
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    });

    private static byte[] Field(int number, WireFormat.WireType type, ulong value) => Write(output =>
    {
        output.WriteTag(number, type);
        output.WriteUInt64(value);
    });

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes))
        {
            write(output);
        }

        return bytes.ToArray();
    }

    private Task<RpcException?> CallAsync(MethodDescriptor method, byte[] message)
    {
        var isAdmins = IsAdmins(method);
        var type = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (true, _) => MethodType.ClientStreaming,
            (_, true) => MethodType.ServerStreaming,
            _ => MethodType.Unary,
        };
        return CallAsync(
            isAdmins ? gateway.Tenant.AdminChannel : gateway.Tenant.Channel, type, method.Service.FullName, method.Name, message, isAdmins ? SharedGateway.Admin : gateway.Tenant.Metadata);
    }

    private static bool IsAdmins(MethodDescriptor method) => method.Service.Name is "TenantService" or "ReplicaService";

    /// <returns>The error; null where the call was served.</returns>
    private static async Task<RpcException?> CallAsync(GrpcChannel channel, MethodType type, string service, string name, byte[] message, Metadata metadata)
    {
        var method = new Method<byte[], byte[]>(type, service, name, Bytes, Bytes);
        var options = new CallOptions(metadata, cancellationToken: Cancellation);
        var invoker = channel.CreateCallInvoker();
        try
        {
            switch (type)
            {
                case MethodType.ClientStreaming:
                    using (var call = invoker.AsyncClientStreamingCall(method, null, options))
                    {
                        await call.RequestStream.WriteAsync(message, Cancellation);
                        await call.RequestStream.CompleteAsync();
                        await call;
                    }

                    break;
                case MethodType.ServerStreaming:
                    using (var call = invoker.AsyncServerStreamingCall(method, null, options, message))
                    {
                        await call.ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation);
                    }

                    break;
                default:
                    using (var call = invoker.AsyncUnaryCall(method, null, options, message))
                    {
                        await call;
                    }

                    break;
            }

            return null;
        }
        catch (RpcException error)
        {
            return error;
        }
    }
}
