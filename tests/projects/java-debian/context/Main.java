public class Main { public static void main(String[] a) { System.out.println("Hello " + System.getProperty("java.specification.version") + " " + a.length); } }
