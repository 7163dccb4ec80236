using System.Net;
using System.Net.Sockets;

namespace Herd.Silo.Startup;

/// <summary>Addresses and ports to listen on.</summary>
public static class Ports
{
    /// <summary>Reads an address to listen on.</summary>
    /// <param name="address">An IP address, <c>localhost</c>, or <c>*</c>.</param>
    /// <returns>The address.</returns>
    /// <exception cref="StartupException">It is none of these.</exception>
    public static IPAddress Parse(string address) => address switch
    {
        "*" => IPAddress.Any,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(address, out var parsed)
            ? parsed
            : throw new StartupException($"'{address}' is no address to listen on.", "Pass an IP address, 'localhost', or '*' for all addresses."),
    };

    /// <summary>Throws where a port cannot be listened on.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port; 0 is always free.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="option">How to choose another.</param>
    /// <exception cref="StartupException">It is taken, or may not be used.</exception>
    public static void RequireFree(IPAddress address, int port, string purpose, string option)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
        }
        catch (SocketException exception)
        {
            var reason = exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "is taken by another process",
                SocketError.AccessDenied => "may not be used by this user",
                _ => $"cannot be used: {exception.Message}",
            };
            throw new StartupException(
                $"Port {port} of {address} ({purpose}) {reason}.", $"Stop the other process, or choose another port: {option}.");
        }
    }
}
