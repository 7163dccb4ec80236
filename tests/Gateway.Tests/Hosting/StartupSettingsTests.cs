using System.Net;
using System.Net.Sockets;
using Herd.Gateway.Hosting;
using Herd.Silo.Startup;
using Herd.Testing;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Herd.Gateway.Tests.Hosting;

public sealed class StartupSettingsTests
{
    [Theory]
    [InlineData("member")]
    [InlineData("client")]
    public void ReadAndCheck_TakenClientPort_KeepsNoGatewayWithoutDevicesFromStarting(string mode)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var settings = StartupSettings.ReadAndCheck(Configuration(mode, FreePorts.Take(), PortOf(taken)));

        Assert.Equal(mode, settings.Mode.ToString(), ignoreCase: true);
    }

    [Fact]
    public void ReadAndCheck_TakenSiloPort_KeepsAMemberFromStarting()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        Assert.Throws<StartupException>(() => StartupSettings.ReadAndCheck(Configuration("member", PortOf(taken), clientPort: 0)));
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static IConfiguration Configuration(string mode, int siloPort, int clientPort) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["Cluster:GatewayMode"] = mode,
        ["Cluster:SiloPort"] = $"{siloPort}",
        ["Cluster:ClientPort"] = $"{clientPort}",
        ["Gateway:HttpPort"] = "0",
        ["Gateway:GrpcPort"] = "0",
        ["Gateway:AdminPort"] = "0",
    }).Build();
}
