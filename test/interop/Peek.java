import java.nio.charset.StandardCharsets;
import java.io.PrintStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import loci.common.DebugTools;
import loci.common.services.ServiceFactory;
import loci.formats.FormatTools;
import loci.formats.ImageReader;
import loci.formats.in.OMETiffReader;
import loci.formats.ome.OMEXMLMetadata;
import loci.formats.services.OMEXMLService;
import ome.units.UNITS;
import ome.units.quantity.Length;
import ome.xml.model.primitives.Color;

/**
 * What Bio-Formats makes of files: a line of words, with tabs between them, for each thing that it finds. Run as it stands, which Java can
 * since 11: {@code java -cp bioformats_package.jar Peek.java FILE...}
 */
class Peek {
  public static void main(String[] paths) throws Exception {
    DebugTools.setRootLevel("ERROR");
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String path : paths) {
      OMEXMLMetadata meta = new ServiceFactory().getInstance(OMEXMLService.class).createOMEXMLMetadata();
      ImageReader reader = new ImageReader();
      reader.setFlattenedResolutions(false);
      reader.setMetadataStore(meta);
      reader.setId(path);
      say(out, "file", path, reader.getReader().getClass().getSimpleName(), reader.getSeriesCount());
      Length[] sides = {meta.getPixelsPhysicalSizeX(0), meta.getPixelsPhysicalSizeY(0)};
      say(out, "mpp", sides[0].value(UNITS.MICROMETER), sides[1].value(UNITS.MICROMETER));
      for (int channel = 0; channel < meta.getChannelCount(0); channel++) {
        Color color = meta.getChannelColor(0, channel);
        say(out, "channel", meta.getChannelName(0, channel), color == null ? "none" : Integer.toHexString(color.getValue()));
      }
      // Of a file that is no OME-TIFF there are no annotations to count.
      int maps = reader.getReader() instanceof OMETiffReader ? meta.getMapAnnotationCount() : 0;
      for (int map = 0; map < maps; map++) {
        for (var pair : meta.getMapAnnotationValue(map)) say(out, "entry", pair.getName(), pair.getValue());
      }
      for (int level = 0; level < reader.getResolutionCount(); level++) {
        reader.setResolution(level);
        for (int plane = 0; plane < reader.getImageCount(); plane++) {
          String type = FormatTools.getPixelTypeString(reader.getPixelType());
          say(out, "plane", level, plane, reader.getSizeX(), reader.getSizeY(), type, sha256(reader.openBytes(plane)));
        }
      }
      reader.close();
    }
  }

  private static void say(PrintStream out, Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) line.append(line.length() == 0 ? "" : "\t").append(word);
    out.println(line);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
