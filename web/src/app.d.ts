declare namespace App {
  interface Platform {
    req?: { gravitas?: { fetch(request: Request): Promise<Response> } }
  }
}
