using System.Net;
using System.Net.Sockets;
using Herd.Silo.Startup;

namespace Herd.Silo.Tests.Startup;

public sealed class PortsTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("*", "0.0.0.0")]
    [InlineData("::1", "::1")]
    public void Parse_Address_IsRead(string text, string expected) => Assert.Equal(IPAddress.Parse(expected), Ports.Parse(text));

    [Fact]
    public void Parse_Name_SaysWhatToPass() => Assert.Contains("IP address", Assert.Throws<StartupException>(() => Ports.Parse("my-host")).Message, StringComparison.Ordinal);

    [Fact]
    public void RequireFree_TakenPort_NamesPortPurposeAndOption()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = Assert.Throws<StartupException>(() => Ports.RequireFree(IPAddress.Loopback, port, "gRPC", "--grpc-port PORT"));

        Assert.Equal(
            $"Port {port} of 127.0.0.1 (gRPC) is taken by another process.\nStop the other process, or choose another port: --grpc-port PORT.",
            error.Message);
    }

    [Fact]
    public void RequireFree_PortZero_IsAlwaysFree() => Ports.RequireFree(IPAddress.Loopback, 0, "HTTP", "");
}
