using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Lets TorchSharp's native library load with libstdc++ of GCC 12 (Debian 12). The library asks for GLIBCXX_3.4.32 only through the symbol
/// ios_base_library_init, which newer compilers reference to order static constructors and which older libstdc++ versions neither have nor
/// need: their streams are set up when libstdc++ itself loads. The reference is pointed at a harmless function of GLIBCXX_3.4.20.
/// Writes a patched copy; the file in the package cache stays as it is.
/// </summary>
public class PatchTorchSharp : Task
{
    private const string OldSymbol = "_ZSt21ios_base_library_initv";
    private const string NewSymbol = "_ZSt15get_new_handlerv";
    private const string OldVersion = "GLIBCXX_3.4.32";
    private const string NewVersion = "GLIBCXX_3.4.20";

    [Required]
    public string Source { get; set; }

    [Required]
    public string Target { get; set; }

    public override bool Execute()
    {
        if (File.Exists(Target) && File.GetLastWriteTimeUtc(Target) >= File.GetLastWriteTimeUtc(Source))
        {
            return true;
        }

        var bytes = File.ReadAllBytes(Source);
        var symbols = Find(bytes, Encoding.ASCII.GetBytes(OldSymbol + "\0"));
        var versions = Find(bytes, Encoding.ASCII.GetBytes(OldVersion + "\0"));
        var hashes = Find(bytes, BitConverter.GetBytes(ElfHash(OldVersion)));

        // The dynamic string table comes first in the file; .strtab, which also names the symbol, is for debuggers only.
        if (symbols.Count == 0 || versions.Count == 0 || hashes.Count != 1)
        {
            Log.LogError("{0} is not the TorchSharp library this build knows how to patch: expected the symbol {1}, the version {2} and its hash once; "
                + "found {3}, {4} and {5} of them. Take the TorchSharp version named in Directory.Packages.props, or adapt eng/PatchTorchSharp.cs.",
                Source, OldSymbol, OldVersion, symbols.Count, versions.Count, hashes.Count);
            return false;
        }

        foreach (var at in symbols)
        {
            Write(bytes, at, (NewSymbol + "\0").PadRight(OldSymbol.Length, '\0'));
        }

        foreach (var at in versions)
        {
            Write(bytes, at, NewVersion);
        }

        BitConverter.GetBytes(ElfHash(NewVersion)).CopyTo(bytes, hashes[0]);

        // Projects build side by side: each writes a temporary file of its own, and the rename is atomic.
        Directory.CreateDirectory(Path.GetDirectoryName(Target));
        var temporary = Target + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, bytes);
        if (File.Exists(Target))
        {
            File.Replace(temporary, Target, null);
        }
        else
        {
            try
            {
                File.Move(temporary, Target);
            }
            catch (IOException) when (File.Exists(Target))
            {
                File.Delete(temporary);
            }
        }

        return true;
    }

    private static List<int> Find(byte[] bytes, byte[] pattern)
    {
        var found = new List<int>();
        for (var i = Array.IndexOf(bytes, pattern[0]); i >= 0 && i <= bytes.Length - pattern.Length; i = Array.IndexOf(bytes, pattern[0], i + 1))
        {
            var length = 1;
            while (length < pattern.Length && bytes[i + length] == pattern[length])
            {
                length++;
            }

            if (length == pattern.Length)
            {
                found.Add(i);
            }
        }

        return found;
    }

    private static void Write(byte[] bytes, int at, string text)
    {
        Encoding.ASCII.GetBytes(text).CopyTo(bytes, at);
    }

    /// <summary>The System V ABI's hash of a symbol version name.</summary>
    private static uint ElfHash(string name)
    {
        uint hash = 0;
        foreach (var c in name)
        {
            hash = (hash << 4) + c;
            var high = hash & 0xf0000000;
            hash ^= high >> 24;
            hash &= ~high;
        }

        return hash;
    }
}
