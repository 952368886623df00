package app;
import com.sun.net.httpserver.*;
import java.net.*;
import java.nio.file.*;
public class Main { public static void main(String[] a) throws Exception {
  HttpServer s = HttpServer.create(new InetSocketAddress(18171), 0);
  String t = new String(Main.class.getResourceAsStream("/message.txt").readAllBytes()) + Files.readString(Path.of("conf/app.properties"));
  s.createContext("/", e -> { e.sendResponseHeaders(200, t.length()); e.getResponseBody().write(t.getBytes()); e.close(); }); s.start(); } }
