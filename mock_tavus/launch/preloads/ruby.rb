# Loaded into every Ruby of the run: Net::HTTP reads no HTTPS_PROXY, and is told of the proxy for the vendor's host alone.
require "net/http"

module MockTavusProxy
  def proxy_uri
    return super unless address.to_s.downcase.chomp(".") == "@HOST@"
    URI("http://127.0.0.1:@PORT@")
  end
end
Net::HTTP.prepend(MockTavusProxy)
