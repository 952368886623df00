/** Says which version of Java it runs on, and what a resource has. */
public class Hello {
    public static void main(String[] words) throws Exception {
        var text = new String(Hello.class.getResourceAsStream("/greeting.txt").readAllBytes()).trim();
        System.out.println(text + " from Java " + Runtime.version().feature());
    }
}
