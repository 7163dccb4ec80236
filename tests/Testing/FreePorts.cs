using System.Net;
using System.Net.Sockets;

namespace Herd.Testing;

/// <summary>Ports that nobody listens on. They lie below those that the kernel gives to outgoing connections, which could take them before their listener does.</summary>
public static class FreePorts
{
    private const int First = 20000;
    private const int Count = 9000;

    // Test programs that run at the same time have process ids close together; this sets their places apart.
    private const int Stride = 97;

    private static readonly int Start = (int)((long)Environment.ProcessId * Stride % Count);
    private static int _tried;

    /// <summary>A port that this program has not been given before.</summary>
    public static int Take()
    {
        while (true)
        {
            var tried = Interlocked.Increment(ref _tried) - 1;
            if (tried >= Count)
            {
                throw new InvalidOperationException($"All ports from {First} to {First + Count - 1} were given or are taken.");
            }

            var port = First + ((Start + tried) % Count);
            if (IsFree(port))
            {
                return port;
            }
        }
    }

    /// <summary>So many ports, all different.</summary>
    public static int[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Take())];

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
